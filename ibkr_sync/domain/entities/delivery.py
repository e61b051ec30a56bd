"""When and how a contract is delivered, and who says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final


class Settlement(StrEnum):
    """What becomes of a position that is held to the end."""

    CASH = "cash"
    PHYSICAL = "physical"


class Confidence(StrEnum):
    """How far a date may be trusted.

    A is of the broker or the exchange for this very contract, or a rule that reproduces the dates
    which the exchange published; B follows a rule that one of their pages states; C is general
    knowledge alone: reason enough to pass a contract over, never to hold one.
    """

    A = "A"
    B = "B"
    C = "C"

    def at_best(self, other: Confidence) -> Confidence:
        """The confidence of what follows from this and another."""
        return max(self, other)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverySource:
    """Who says a date or a settlement.

    Attributes:
        source: a rule in words, `IBKR`, `IBKR's standard policy`, or what was imported.
        learnt_on: the UTC day on which it became known; of a rule, on which it was checked.
    """

    source: str
    confidence: Confidence
    learnt_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryDates:
    """What is known of the end of one contract; None is not known.

    A date that is None although `sources` names it is known not to be: no notice is given before
    trading ends.

    Attributes:
        first_position_date: first position day, from which clearing members report longs.
        first_notice_date: first notice day, from which longs may be given notice of delivery.
        long_cutoff: last day on which IBKR lets a long position be held.
        short_cutoff: the same of a short position.
        sources: of each fact that is known, by the name of its field.
    """

    settlement: Settlement | None = None
    first_position_date: date | None = None
    first_notice_date: date | None = None
    first_delivery_date: date | None = None
    last_delivery_date: date | None = None
    long_cutoff: date | None = None
    short_cutoff: date | None = None
    sources: Mapping[str, DeliverySource] = field(default_factory=dict, hash=False)

    @property
    def is_rule_contradicted(self) -> bool:
        """Whether notice is by a rule that gives another last trade date than IBKR does."""
        notice = self.sources.get("first_notice_date")
        return notice is not None and CONTRADICTED_RULE in notice.source

    def confidence(self, name: str) -> Confidence | None:
        """How far a fact may be trusted; None if it is not known."""
        known = self.sources.get(name)
        return None if known is None else known.confidence


STANDARD_POLICY: Final = "IBKR's standard policy"
"""The source of a cut-off that IBKR did not state for the contract itself."""

CONTRADICTED_RULE: Final = "contradicted by IBKR's last trade date"
"""What is in the source of a date by a rule that gives another last trade date than IBKR does."""

LATEST_BY_POLICY: Final = f"{STANDARD_POLICY}, at the latest"
"""The source of a long cut-off that is counted from the last trade, for no notice is known."""

RULED_SOURCES: Final = ("rule: ", STANDARD_POLICY)
"""What is in the source of a fact that follows from a rule."""

CUTOFFS: Final = ("long_cutoff", "short_cutoff")

DELIVERY_DATES: Final = (
    *("first_position_date", "first_notice_date", "first_delivery_date"),
    *("last_delivery_date", *CUTOFFS),
)
"""The names of the dates, in their order."""

DELIVERY_FACTS: Final = ("settlement", *DELIVERY_DATES)
"""The names of all that is known of a delivery."""
