"""Rows of a file that can't be true, whatever the rest of it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from ibkr_sync.domain.entities.delivery import CUTOFFS
from ibkr_sync.domain.entities.imported_delivery import ImportedRow

_IN_ORDER: Final[tuple[str, ...]] = (
    *("first_position_date", "first_notice_date", "first_delivery_date", "last_delivery_date"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContradictoryRow:
    """A row that is not kept.

    Attributes:
        place: where it stands in the file.
        reason: goes on after the place.
    """

    place: str
    reason: str


def contradictions_of(row: ImportedRow) -> Iterator[str]:
    """Give why a row contradicts itself.

    Deliveries go from first position by first notice and first delivery to last delivery, IBKR's
    cut-offs are not after the last trade, and all dates lie within a year of the contract's.
    """
    known = [(name, row.dates[name]) for name in _IN_ORDER if name in row.dates]
    for (name, day), (later, other) in pairwise(known):
        if other < day:
            yield f"has its {_words(later)}, {other}, before its {_words(name)}, {day}"
    end = row.last_trade_date
    for name in CUTOFFS:
        if end is not None and row.dates.get(name, end) > end:
            yield f"has its {_words(name)}, {row.dates[name]}, after its last trade, {end}"
    days = dict(row.dates) if end is None else {"last_trade": end, **row.dates}
    year = row.contract_month or end
    for name, day in days.items():
        if year is not None and abs(day.year - year.year) > 1:
            yield f"has its {_words(name)}, {day}, years from its contract, {year}"


def _words(name: str) -> str:
    return name.removesuffix("_date").replace("_", " ")
