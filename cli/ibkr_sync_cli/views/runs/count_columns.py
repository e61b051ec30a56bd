"""How many contracts came, changed and went, as columns: each count under its own word."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

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
_USUAL = ("added", "changed", "missing")


def count_columns(
    items: Iterable[T], counts: Callable[[T], ContractCounts | None]
) -> Iterator[TableColumn[T]]:
    """The usual counts, and of the others those of which there is any; None shows as unknown."""
    records = [found.as_record() for item in items if (found := counts(item)) is not None]
    for name, heading in _HEADINGS.items():
        if name in _USUAL or any(record[name] for record in records):
            yield TableColumn(heading, _cell(counts, name), right=True)


def _cell(counts: Callable[[T], ContractCounts | None], name: str) -> Callable[[T], int | None]:
    def cell(item: T) -> int | None:
        found = counts(item)
        return None if found is None else found.as_record()[name]

    return cell
