"""Which series of a product's contracts a person wants to see or trade."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from ibkr_sync.domain.entities.contracts import ContractSeries, ContractState, FuturesContract
from ibkr_sync.domain.entities.futures import Future


class SeriesChoice(StrEnum):
    """The series that are wanted; USUAL is monthly, or all where nothing is monthly."""

    USUAL = "usual"
    ALL = "all"
    MONTHLY = "monthly"
    WEEKLY = "weekly"
    DAILY = "daily"


def chosen_series(product: Future, choice: SeriesChoice) -> frozenset[ContractSeries]:
    """Give the series that a choice means for a product."""
    match choice:
        case SeriesChoice.ALL:
            return _ALL_SERIES
        case SeriesChoice.USUAL:
            return usual_series(product.contracts)
        case _:
            return frozenset((ContractSeries(choice.value),))


def listed_count(product: Future, now: datetime) -> int:
    """How many contracts of the usual series trade at an aware instant."""
    listed = _listed_by_series(product, now)
    return sum(listed[series] for series in usual_series_of(listed))


def listed_beside(product: Future, now: datetime) -> Counter[ContractSeries]:
    """How many contracts of other series trade, which `listed_count` leaves out, by series."""
    listed = _listed_by_series(product, now)
    usual = usual_series_of(listed)
    return Counter({series: count for series, count in listed.items() if series not in usual})


def _listed_by_series(product: Future, now: datetime) -> Counter[ContractSeries]:
    return Counter(
        contract.series
        for contract in product.contracts
        if contract.state(now) is ContractState.ACTIVE
    )


def usual_series(contracts: Iterable[FuturesContract]) -> frozenset[ContractSeries]:
    """Give the monthly series, or all where none of the contracts is monthly."""
    return usual_series_of(contract.series for contract in contracts)


def usual_series_of(series: Iterable[ContractSeries]) -> frozenset[ContractSeries]:
    """Give the monthly series, or all where these are without it."""
    monthly = ContractSeries.MONTHLY
    return frozenset((monthly,)) if monthly in series else _ALL_SERIES


_ALL_SERIES = frozenset(ContractSeries)
