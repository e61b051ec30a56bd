"""What is known by rule of the end of contracts: one rule for each family of products."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from ibkr_sync.domain.delivery.date_formulas import DateFormula
from ibkr_sync.domain.entities.delivery import Confidence, Settlement


class CloseOutRule(StrEnum):
    """How IBKR's standard policy closes positions out that would lead to delivery.

    STANDARD: longs at the end of the 2nd business day before the earlier of first notice and last
    trade, shorts of the 2nd before the last trade. DAY_BEFORE: longs 1 instead of 2. POSITION:
    longs 2 before first position. Shorts are the same in all. Source: IBKR's pages on
    physical delivery, and knowledge base article 992 for treasuries and JGB.
    """

    STANDARD = "standard"
    DAY_BEFORE = "day_before"
    POSITION = "position"


@dataclass(frozen=True, slots=True, kw_only=True)
class DateRule:
    """A formula for a date; without one the date is known not to be."""

    formula: DateFormula | None
    confidence: Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRule:
    """The rules of one family of products; None is not known.

    Attributes:
        exchange: IBKR's code; `*` for any.
        trading_classes: whose contracts the rule is for.
        categories: where the rule names no classes, the products it is for (see
            `ASSET_CLASS_OF_CATEGORY`).
        calendar: the market whose business days count (see `BusinessCalendar`).
        dates: the rules by the name of what they give: `last_trade_date` and dates of
            `DeliveryDates`.
        close_out: None where IBKR closes nothing out before the end.
        source: where the rule was read, or what it was compared with.
        checked_on: the day of that.
    """

    family: str
    exchange: str
    trading_classes: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    calendar: str | None
    settlement: Settlement
    settlement_confidence: Confidence
    dates: dict[str, DateRule]
    close_out: CloseOutRule | None = None
    source: str
    checked_on: date

    def is_for(self, exchange: str, trading_class: str, category: str | None) -> bool:
        """Whether it is the rule of a product, if none before it is."""
        if self.exchange not in ("*", exchange):
            return False
        return trading_class in self.trading_classes or category in self.categories


@dataclass(frozen=True, slots=True)
class DeliveryRuleBook:
    """All rules, those of trading classes before those of categories."""

    rules: tuple[DeliveryRule, ...]

    def rule_of(
        self, exchange: str, trading_class: str, category: str | None = None
    ) -> DeliveryRule | None:
        """The first rule that is for a product; None if there is none."""
        return next(
            (rule for rule in self.rules if rule.is_for(exchange, trading_class, category)), None
        )

    @classmethod
    def of(cls, rules: Iterable[DeliveryRule]) -> DeliveryRuleBook:
        """The rules in the order in which they are looked at."""
        return cls(
            tuple(sorted(rules, key=lambda rule: (not rule.trading_classes, rule.exchange == "*")))
        )
