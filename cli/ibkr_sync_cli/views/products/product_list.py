"""The products in the database, and those that a symbol may mean."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ibkr_sync.domain.entities.futures import Origin
from ibkr_sync.domain.entities.product_summary import ProductSummary
from ibkr_sync.domain.errors import ProductCandidate
from ibkr_sync_cli.terminal.output import Result
from ibkr_sync_cli.units.durations import brief
from ibkr_sync_cli.views.cells import flexible, marked, number, plain_table

COLUMNS = (
    *("symbol", "exchange", "trading_class", "currency", "asset_class", "category", "name"),
    *("listed", "next_expiry", "synced_at", "origin"),
)


def products_result(products: Sequence[ProductSummary], now: datetime) -> Result:
    """The stored products in every format."""
    return Result(
        table=lambda: _products_table(products, now),
        document=lambda: {
            "schema": "ibkr-sync/products/1",
            "products": [_record(product) for product in products],
        },
        records=lambda: [_record(product) for product in products],
        columns=COLUMNS,
        rows=lambda: [
            {key: "" if value is None else str(value) for key, value in _record(each).items()}
            for each in products
        ],
    )


def candidates_table(candidates: Iterable[ProductCandidate]) -> Table:
    """The products that a symbol may mean, and by what they differ."""
    listed = sorted(candidates, key=lambda candidate: candidate.key)
    has_symbols = len({each.key.symbol for each in listed}) > 1
    table = plain_table(
        *([("Symbol", False)] if has_symbols else []),
        ("Exchange", False),
        ("Class", False),
        ("Multiplier", True),
        ("Currency", False),
        ("Next expiry", False),
        ("Listed", True),
        ("Name", False),
        shrinks="Name",
    )
    for each in listed:
        cells = (
            *([each.key.symbol] if has_symbols else []),
            each.key.exchange,
            each.key.trading_class,
            number(each.multiplier),
            each.currency,
            str(each.next_expiry or "-"),
            "-" if each.contract_count is None else str(each.contract_count),
        )
        table.add_row(*(Text(cell) for cell in cells), flexible(each.name or "-"))
    return table


def _record(product: ProductSummary) -> dict[str, object]:
    synced = product.synced_at
    return {
        "symbol": product.key.symbol,
        "exchange": product.key.exchange,
        "trading_class": product.key.trading_class,
        "currency": product.currency,
        "asset_class": product.asset_class.value,
        "category": product.category,
        "name": product.name,
        "listed": product.listed,
        "next_expiry": None if product.next_expiry is None else product.next_expiry.isoformat(),
        "synced_at": None
        if synced is None
        else synced.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "origin": product.origin.value,
    }


def _products_table(products: Sequence[ProductSummary], now: datetime) -> RenderableType:
    table = plain_table(
        ("Symbol", False),
        ("Exchange", False),
        ("Class", False),
        ("Type", False),
        ("Listed", True),
        ("Next expiry", False),
        ("Synced", True),
        ("Name", False),
        shrinks="Name",
    )
    for each in products:
        cells = (
            each.key.symbol,
            each.key.exchange,
            each.key.trading_class,
            each.asset_class.value.replace("_", " "),
            str(each.listed) if each.synced_at else "-",
            str(each.next_expiry or "-"),
            brief(now - each.synced_at) if each.synced_at else each.origin.value,
        )
        table.add_row(*(Text(cell) for cell in cells), flexible(each.name or "-"))
    footer = Text(f"{len(products)} product{'' if len(products) == 1 else 's'}", style="dim")
    is_sample = any(each.origin is Origin.SAMPLE for each in products)
    return Group(table, marked(footer, is_sample=is_sample))
