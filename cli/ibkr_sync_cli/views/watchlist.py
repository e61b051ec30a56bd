"""The watchlist, and what was changed in it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from ibkr_sync.domain.entities.futures import Origin
from ibkr_sync.domain.ports.watchlist import WatchedProduct
from ibkr_sync_cli.terminal.output import Result
from ibkr_sync_cli.units.durations import brief
from ibkr_sync_cli.units.quantities import counted, instant_value

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ibkr_sync.application.services.watchlist import WatchedState

PRODUCT_COLUMNS = ("symbol", "exchange", "trading_class", "currency", "group")
COLUMNS = (*PRODUCT_COLUMNS, "added_at", "synced_at", "listed")
CHANGE_COLUMNS = (*PRODUCT_COLUMNS, "outcome")

_WORDS = {"present": "on it already"}


def watchlist_result(states: Sequence[WatchedState], now: datetime) -> Result:
    """The list with how fresh its data is, in every format."""
    records = [_record(each) for each in states]
    return Result(
        table=lambda: _table(states, now),
        document=lambda: {"schema": "ibkr-sync/watchlist/1", "watchlist": records},
        records=lambda: records,
        columns=COLUMNS,
        rows=lambda: [_row(record) for record in records],
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
    return Result(
        table=lambda: _changes_table(records),
        document=lambda: {"schema": "ibkr-sync/watchlist-changes/1", "products": records},
        records=lambda: records,
        columns=CHANGE_COLUMNS,
        rows=lambda: [_row(record) for record in records],
    )


def _product(product: WatchedProduct) -> dict[str, object]:
    return {name: getattr(product, name) for name in PRODUCT_COLUMNS}


def _record(state: WatchedState) -> dict[str, object]:
    return _product(state.product) | {
        "added_at": instant_value(state.product.added_at),
        "synced_at": instant_value(state.synced_at),
        "listed": sum(each.listed for each in state.stored) if state.synced_at else None,
    }


def _row(record: dict[str, object]) -> dict[str, str]:
    return {name: "" if value is None else str(value) for name, value in record.items()}


def _table(states: Sequence[WatchedState], now: datetime) -> RenderableType:
    from rich.console import Group  # not for pipes
    from rich.text import Text

    from ibkr_sync_cli.views.cells import flexible, marked, plain_table

    table = plain_table(
        ("Symbol", False),
        ("Exchange", False),
        ("Class", False),
        ("Cur", False),
        ("Added", False),
        ("Synced", True),
        ("Listed", True),
        ("Group", False),
        shrinks="Group",
    )
    for each in states:
        record, product = _record(each), each.product
        cells = (
            product.symbol,
            product.exchange or "-",
            product.trading_class or "-",
            product.currency or "-",
            "-" if product.added_at is None else f"{product.added_at:%Y-%m-%d}",
            "never" if each.synced_at is None else brief(now - each.synced_at),
            "-" if record["listed"] is None else str(record["listed"]),
        )
        table.add_row(*map(Text, cells), flexible(product.group or "-"))
    footer = Text(counted(len(states), "entry", "entries"), style="dim")
    return Group(table, marked(footer, is_sample=tells_of_sample_data(states)))


def _changes_table(records: Sequence[dict[str, object]]) -> RenderableType:
    from rich.text import Text  # not for pipes

    from ibkr_sync_cli.views.cells import flexible, plain_table

    table = plain_table(
        ("Symbol", False),
        ("Exchange", False),
        ("Class", False),
        ("Cur", False),
        ("Outcome", False),
        ("Group", False),
        shrinks="Group",
    )
    for record in records:
        names = ("symbol", "exchange", "trading_class", "currency")
        cells = [Text(str(record[name] or "-")) for name in names]
        outcome = str(record["outcome"])
        cells.append(Text(_WORDS.get(outcome, outcome)))
        table.add_row(*cells, flexible(str(record["group"] or "-")))
    return table
