"""Which contract keeps an id that several have."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ibkr_sync.domain.entities.contracts import ContractState, FuturesContract

_MEANT_FIRST = (
    ContractState.ACTIVE,
    ContractState.MISSING,
    ContractState.EXPIRED,
    ContractState.DELISTED,
)


def nearest(contracts: Iterable[FuturesContract], now: datetime) -> FuturesContract | None:
    """The one that trades at the aware instant `now` and ends first, else the one that ended last.

    Nothing chooses among equals: None where two end on the same day.
    """
    ranked = sorted(contracts, key=lambda contract: _rank(contract, now))
    if len(ranked) > 1 and _rank(ranked[0], now) == _rank(ranked[1], now):
        return None
    return ranked[0]


def _rank(contract: FuturesContract, now: datetime) -> tuple[int, int]:
    return _MEANT_FIRST.index(contract.state(now)), abs(contract.days_left(now))
