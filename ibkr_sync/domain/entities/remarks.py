"""What of a contract or product is presently not believed, or no longer stated."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class RemarkKind(StrEnum):
    """What is remarkable."""

    ODD_ROW = "odd_row"
    """A field can't be read, and is taken as unstated."""
    DATES_DISAGREE = "dates_disagree"
    """Two dates of the last trade are more than a day apart."""
    NO_LONGER_STATED = "no_longer_stated"
    """A field that is known is left out; what is known of it is kept."""

    @property
    def is_notice(self) -> bool:
        """Whether somebody should look; what is merely left out is for information."""
        return self is not RemarkKind.NO_LONGER_STATED


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One field of a contract's row that is not believed, or not stated.

    Attributes:
        field: the field's name in the entity, or `market_rule_ids`, `trading_hours`,
            `liquid_hours`.
        value: as sent, quoted and short; None for what is not stated, or differs by row.
        reason: why it is not believed.
        contract: the contract's name where its row makes no contract, so that it is not stored;
            None for a contract's own remark, and for one that every row of a product deserves.
    """

    kind: RemarkKind
    field: str
    value: str | None = None
    reason: str | None = None
    contract: str | None = None

    @property
    def subject(self) -> tuple[str | None, ...]:
        """What makes two remarks the same one, whatever value was sent."""
        return self.kind, self.contract, self.field, self.reason

    def __str__(self) -> str:
        """The remark as people read it, without the contract that it is a remark on."""
        if self.kind is RemarkKind.NO_LONGER_STATED:
            return f"{self.field} no longer stated"
        what = " ".join(filter(None, (self.field, self.value)))
        return ": ".join(filter(None, (self.contract, what, self.reason)))
