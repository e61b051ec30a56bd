"""Which contracts of a product a person wants to see, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from ibkr_sync.domain.entities.contracts import ContractState, FuturesContract
from ibkr_sync.domain.entities.delivery import DELIVERY_FACTS
from ibkr_sync.domain.entities.fields import LISTS, Kind
from ibkr_sync.domain.entities.futures import CONTRACT_FIELDS, Future
from ibkr_sync.domain.selection.series_choice import SeriesChoice, chosen_series

_STATE = "state"
_DERIVED = ("quoted_tick", "tick_value", "point_value")
_PLACES: Final = {part.name: field.name for field in CONTRACT_FIELDS for part in field.parts}
_KINDS: Final = {
    part.name: part.kind for field in CONTRACT_FIELDS for part in (field.parts or (field,))
}
_SHOWN_STATES = frozenset((ContractState.ACTIVE, ContractState.MISSING))

SORT_FIELDS: Final = (
    *(name for name, kind in _KINDS.items() if kind not in LISTS and kind is not Kind.SESSIONS),
    *(_STATE, *_DERIVED, *DELIVERY_FACTS),
)
"""The fields by which contracts can be put in order, by the names that they have in JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainSelection:
    """Which contracts of a product are wanted.

    Attributes:
        expired: whether expired and delisted ones are, too.
        limit: how many at most; None if nobody said so.
        sort: one of `SORT_FIELDS`, behind a hyphen for the greatest first; None leaves the order.
    """

    series: SeriesChoice = SeriesChoice.USUAL
    expired: bool = False
    limit: int | None = None
    sort: str | None = None

    def of_series(self, product: Future) -> tuple[FuturesContract, ...]:
        """The contracts of the series that are wanted, ended ones included."""
        wanted = chosen_series(product, self.series)
        return tuple(contract for contract in product.contracts if contract.series in wanted)

    def shown(self, product: Future, now: datetime) -> tuple[FuturesContract, ...]:
        """The contracts that are wanted at the aware instant `now`, of any number, in order."""
        found = (
            series
            for series in self.of_series(product)
            if self.expired or series.state(now) in _SHOWN_STATES
        )
        return self.in_order(tuple(found), now)

    def in_order(
        self, contracts: Sequence[FuturesContract], now: datetime
    ) -> tuple[FuturesContract, ...]:
        """The contracts in the order that is wanted; what is not known comes last."""
        if self.sort is None:
            return tuple(contracts)
        name = self.sort.removeprefix("-")
        values = [(_value(contract, name, now), contract) for contract in contracts]
        known = sorted(
            ((value, other) for value, other in values if value is not None),
            key=lambda pair: pair[0],
            reverse=self.sort.startswith("-"),
        )
        return tuple(other for _, other in (*known, *(pair for pair in values if pair[0] is None)))


def _value(contract: FuturesContract, name: str, now: datetime) -> Any:  # noqa: ANN401 - the field decides
    if name == _STATE:
        return contract.state(now).value
    if name in DELIVERY_FACTS:
        return getattr(contract.delivery, name, None)
    return getattr(getattr(contract, _PLACES[name]) if name in _PLACES else contract, name, None)
