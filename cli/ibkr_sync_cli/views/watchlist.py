"""The watchlist, and what was changed in it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from ibkr_sync.domain.entities.futures import Origin
from ibkr_sync.domain.ports.watchlist import WatchedProduct
from ibkr_sync_cli.terminal.output import Result
from ibkr_sync_cli.units.durations import brief
from ibkr_sync_cli.units.moments import instant_value
from ibkr_sync_cli.units.quantities import counted
from ibkr_sync_cli.views.records import Record, list_result

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ibkr_sync.application.services.watchlist import WatchedState

PRODUCT_COLUMNS = ("symbol", "exchange", "trading_class", "currency", "group")
COLUMNS = (*PRODUCT_COLUMNS, "added_at", "synced_at", "listed")
CHANGE_COLUMNS = (*PRODUCT_COLUMNS, "outcome")

_WORDS = {"present": "on it already"}


def watchlist_result(states: Sequence[WatchedState], now: datetime) -> Result:
    """The list with how fresh its data is, in every format."""
    return list_result(
        states,
        _record,
        COLUMNS,
        lambda: _table(states, now),
        schema="ibkr-sync/watchlist/1",
        name="watchlist",
    )


def tells_of_sample_data(states: Sequence[WatchedState]) -> bool:
    """Whether anything that the list means is stored as sample data."""
    return any(each.origin is Origin.SAMPLE for state in states for each in state.stored)


def changes_result(
    products: Sequence[WatchedProduct],
    changed: Collection[WatchedProduct],
    done: str,
    not_done: str = "present",
) -> Result:
    """What became of each product: `done` for those changed, `not_done` for the others.

    These are codes; the table has words for them.
    """
    records = [
        _product(each) | {"outcome": done if each in changed else not_done} for each in products
    ]
    return list_result(
        records,
        dict,
        CHANGE_COLUMNS,
        lambda: _changes_table(records),
        schema="ibkr-sync/watchlist-changes/1",
        name="products",
    )


def _product(product: WatchedProduct) -> dict[str, object]:
    return {name: getattr(product, name) for name in PRODUCT_COLUMNS}


def _record(state: WatchedState) -> dict[str, object]:
    return _product(state.product) | {
        "added_at": instant_value(state.product.added_at),
        "synced_at": instant_value(state.synced_at),
        "listed": sum(each.listed for each in state.stored) if state.synced_at else None,
    }


def _table(states: Sequence[WatchedState], now: datetime) -> RenderableType:
    from rich.console import Group  # not for pipes
    from rich.text import Text

    from ibkr_sync_cli.views.cells import marked
    from ibkr_sync_cli.views.tables import Column, items_table

    columns: list[Column[WatchedState] | None] = [
        Column("Symbol", lambda each: each.product.symbol),
        Column("Exchange", lambda each: each.product.exchange or None),
        Column("Class", lambda each: each.product.trading_class or None),
        Column("Cur", lambda each: each.product.currency or None),
        Column("Added", lambda each: each.product.added_at and f"{each.product.added_at:%Y-%m-%d}"),
        Column(
            "Synced",
            lambda each: "never" if each.synced_at is None else brief(now - each.synced_at),
            right=True,
        ),
        Column("Listed", lambda each: _record(each)["listed"], right=True),
        Column("Group", lambda each: each.product.group or None, fit="cut"),
    ]
    footer = Text(counted(len(states), "entry", "entries"), style="dim")
    is_sample = tells_of_sample_data(states)
    return Group(items_table(states, columns), marked(footer, is_sample=is_sample))


def _changes_table(records: Sequence[Record]) -> RenderableType:
    from ibkr_sync_cli.views.tables import Column, items_table  # rich, not for pipes

    columns: list[Column[Record] | None] = [
        Column("Symbol", lambda record: record["symbol"]),
        Column("Exchange", lambda record: record["exchange"] or None),
        Column("Class", lambda record: record["trading_class"] or None),
        Column("Cur", lambda record: record["currency"] or None),
        Column("Outcome", lambda record: _WORDS.get(str(record["outcome"]), record["outcome"])),
        Column("Group", lambda record: record["group"] or None, fit="cut"),
    ]
    return items_table(records, columns)
