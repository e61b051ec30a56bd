"""How many contracts came, changed and went, as columns: each count under its own word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

from ibkr_sync.domain.entities.contracts import ContractSeries
from ibkr_sync.domain.runs.contract_counts import ContractCounts
from ibkr_sync_cli.views.tables import TableColumn

T = TypeVar("T")

_HEADINGS = {
    "added": "New",
    "changed": "Changed",
    "moved": "Moved",
    "replaced": "Replaced",
    "returned": "Returned",
    "missing": "Missing",
    "delisted": "Delisted",
    "expired": "Expired",
}
_GIVE_WAY = {"delisted": 4, "moved": 5, "replaced": 6, "returned": 7, "expired": 8}
"""The counts that seldom are any, which come after whole names of products, by importance."""


def count_columns(
    items: Iterable[T], counts: Callable[[T], ContractCounts | None]
) -> Iterator[TableColumn[T]]:
    """The usual counts, and of the others those of which there is any; None shows as unknown."""
    records = [found.as_record() for item in items if (found := counts(item)) is not None]
    for name, heading in _HEADINGS.items():
        rank = _GIVE_WAY.get(name, 0)
        if not rank or any(record[name] for record in records):
            yield TableColumn(heading, _cell(counts, name), right=True, gives_way=rank)


def series_note(
    products: Iterable[tuple[Mapping[ContractSeries, int], ContractCounts | None]],
) -> list[str]:
    """What `Listed` leaves out and the other counts don't, as the one line of a footer, if any.

    `products` are what trades of other series, and the counts; it matters where any is counted.
    """
    total: Counter[ContractSeries] = Counter()
    for beside, counts in products:
        if counts is not None and counts.words_of_changes():
            total.update(beside)
    others = ", ".join(f"{count} {series}" for series, count in sorted(total.items()))
    return [f"Listed leaves out {others}, which the other columns count"] if others else []


def _cell(counts: Callable[[T], ContractCounts | None], name: str) -> Callable[[T], int | None]:
    def cell(item: T) -> int | None:
        found = counts(item)
        return None if found is None else found.as_record()[name]

    return cell
