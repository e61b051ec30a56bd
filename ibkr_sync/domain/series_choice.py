"""Which series of a product's contracts a person wants to see or trade."""

from __future__ import annotations

from enum import StrEnum

from ibkr_sync.domain.entities.contracts import ContractSeries
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
            return frozenset(ContractSeries)
        case SeriesChoice.USUAL:
            monthly = frozenset((ContractSeries.MONTHLY,))
            has_monthly = any(each.series in monthly for each in product.contracts)
            return monthly if has_monthly else frozenset(ContractSeries)
        case _:
            return frozenset((ContractSeries(choice.value),))
