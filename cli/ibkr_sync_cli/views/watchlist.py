"""The watchlist, and what was changed in it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from ibkr_sync.domain.entities.futures import Origin
from ibkr_sync.domain.ports.watchlist import WatchedProduct
from ibkr_sync_cli.terminal.output import Result
from ibkr_sync_cli.units.durations import brief_duration
from ibkr_sync_cli.units.moments import instant_value
from ibkr_sync_cli.units.quantities import quantity_of
from ibkr_sync_cli.views.records import Record, records_view
from ibkr_sync_cli.views.tables import ItemsTable, TableColumn, items_table

if TYPE_CHECKING:
    from ibkr_sync.application.services.watching.watchlist import WatchlistState

PRODUCT_COLUMNS = ("symbol", "exchange", "trading_class", "currency", "group")
COLUMNS = (*PRODUCT_COLUMNS, "added_at", "synced_at", "listed")
CHANGE_COLUMNS = (*PRODUCT_COLUMNS, "outcome")

_PRESENT = "present"
_WORDS = {_PRESENT: "on it already"}


def watchlist_view(states: Sequence[WatchlistState], now: datetime) -> Result:
    """The list with how fresh its data is, in every format."""
    return records_view(
        states,
        _record,
        COLUMNS,
        lambda: _table(states, now),
        schema="ibkr-sync/watchlist/1",
        name="watchlist",
    )


def watchlist_has_sample_data(states: Sequence[WatchlistState]) -> bool:
    """Whether anything that the list means is stored as sample data."""
    return any(summary.origin is Origin.SAMPLE for state in states for summary in state.stored)


def watchlist_changes_view(
    products: Sequence[WatchedProduct], changed: Collection[WatchedProduct], done: str
) -> Result:
    """What became of each product: `done` for those changed, `present` for the others.

    These are codes; the table has words for them.
    """
    those_changed = frozenset(changed)
    records = [
        _product(product) | {"outcome": done if product in those_changed else _PRESENT}
        for product in products
    ]
    return records_view(
        records,
        dict,
        CHANGE_COLUMNS,
        lambda: _changes_table(records),
        schema="ibkr-sync/watchlist-changes/1",
        name="products",
    )


def _product(product: WatchedProduct) -> dict[str, object]:
    return {name: getattr(product, name) for name in PRODUCT_COLUMNS}


def _record(state: WatchlistState) -> dict[str, object]:
    return _product(state.product) | {
        "added_at": instant_value(state.product.added_at),
        "synced_at": instant_value(state.synced_at),
        "listed": sum(summary.listed for summary in state.stored) if state.synced_at else None,
    }


def _table(states: Sequence[WatchlistState], now: datetime) -> ItemsTable[WatchlistState]:
    columns: list[TableColumn[WatchlistState] | None] = [
        TableColumn("Symbol", lambda item: item.product.symbol),
        TableColumn("Exchange", lambda item: item.product.exchange or None),
        TableColumn("Class", lambda item: item.product.trading_class or None),
        TableColumn("Cur", lambda item: item.product.currency or None, alike="all in {}"),
        TableColumn(
            "Added", lambda item: item.product.added_at and f"{item.product.added_at:%Y-%m-%d}"
        ),
        TableColumn(
            "Synced",
            lambda item: (
                "never" if item.synced_at is None else brief_duration(now - item.synced_at)
            ),
            right=True,
        ),
        TableColumn("Listed", lambda item: _record(item)["listed"], right=True),
        TableColumn("Group", lambda item: item.product.group or None, fit="cut", alike="group {}"),
    ]
    footer = [quantity_of(len(states), "entry", "entries")]
    is_sample = watchlist_has_sample_data(states)
    return items_table(states, columns, footer=footer, is_sample=is_sample)


def _changes_table(records: Sequence[Record]) -> ItemsTable[Record]:
    columns: list[TableColumn[Record] | None] = [
        TableColumn("Symbol", lambda record: record["symbol"]),
        TableColumn("Exchange", lambda record: record["exchange"] or None),
        TableColumn("Class", lambda record: record["trading_class"] or None),
        TableColumn("Cur", lambda record: record["currency"] or None),
        TableColumn(
            "Outcome", lambda record: _WORDS.get(str(record["outcome"]), record["outcome"])
        ),
        TableColumn("Group", lambda record: record["group"] or None, fit="cut"),
    ]
    return items_table(records, columns)
