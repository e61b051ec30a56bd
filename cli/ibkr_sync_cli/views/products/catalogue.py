"""What the catalogue knows of products."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ibkr_sync.domain.entities.catalogue import CatalogueProduct
from ibkr_sync_cli.terminal.output import Result

if TYPE_CHECKING:
    from rich.console import RenderableType

COLUMNS = (
    *("symbol", "exchange", "trading_class", "exchange_code", "asset_class", "category"),
    *("currency", "multiplier", "price_magnifier", "min_tick", "name", "weekly_expiries"),
    *("active", "sources"),
)

_DEAD = "†"


def catalogue_result(products: Sequence[CatalogueProduct], *, wide: bool) -> Result:
    """The products in every format; `wide` adds columns to the table."""
    return Result(
        table=lambda: _table(products, wide=wide),
        document=lambda: {
            "schema": "ibkr-sync/catalogue/1",
            "products": [_record(product) for product in products],
        },
        records=lambda: [_record(product) for product in products],
        columns=COLUMNS,
        rows=lambda: [_row(product) for product in products],
        as_wide_as_needed=wide,
    )


def _record(product: CatalogueProduct) -> dict[str, object]:
    """A product as JSON; numbers that must stay exact are texts."""
    return {
        "symbol": product.symbol,
        "exchange": product.exchange,
        "trading_class": product.trading_class,
        "exchange_code": product.exchange_code,
        "asset_class": product.asset_class.value,
        "category": product.category,
        "currency": product.currency,
        "multiplier": None if product.multiplier is None else f"{product.multiplier:f}",
        "price_magnifier": product.price_magnifier,
        "min_tick": None if product.min_tick is None else f"{product.min_tick:f}",
        "name": product.name,
        "weekly_expiries": product.weekly_expiries,
        "active": product.active,
        "sources": list(product.sources),
    }


def _row(product: CatalogueProduct) -> dict[str, str]:
    flags = {name: str(getattr(product, name)).lower() for name in ("weekly_expiries", "active")}
    texts = _record(product) | flags | {"sources": " ".join(product.sources)}
    return {name: "" if value is None else str(value) for name, value in texts.items()}


def _table(products: Sequence[CatalogueProduct], *, wide: bool) -> RenderableType:
    from rich.console import Group  # not for pipes
    from rich.text import Text

    from ibkr_sync_cli.views.cells import flexible, number, plain_table

    table = plain_table(
        ("Symbol", False),
        ("Exchange", False),
        ("Class", False),
        *([("Code", False)] if wide else []),
        ("Type", False),
        ("Cur", False),
        ("Multiplier", True),
        ("Magn", True),
        *([("Tick", True)] if wide else []),
        ("Name", False),
        *([("Sources", False)] if wide else []),
        shrinks="Name",
    )
    for each in products:
        cells = (
            each.symbol if each.active else f"{each.symbol} {_DEAD}",
            each.exchange,
            each.trading_class or "-",
            *([each.exchange_code or "-"] if wide else []),
            each.asset_class.value.replace("_", " "),
            each.currency,
            number(each.multiplier),
            str(each.price_magnifier or "-"),
            *([number(each.min_tick)] if wide else []),
        )
        sources = [Text(" ".join(each.sources))] if wide else []
        table.add_row(*map(Text, cells), flexible(each.name or "-"), *sources)
    count = f"{len(products)} product{'' if len(products) == 1 else 's'}"
    dead = any(not each.active for each in products)
    footer = f"{count} · {_DEAD} trades no longer" if dead else count
    return Group(table, Text(footer, style="dim"))
