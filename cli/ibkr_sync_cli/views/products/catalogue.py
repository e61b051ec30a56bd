"""What the catalogue knows of products."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from ibkr_sync.domain.entities.catalogue import CatalogueProduct, ProductFacts
from ibkr_sync_cli.terminal.output import Result
from ibkr_sync_cli.units.quantities import quantity_of
from ibkr_sync_cli.views.cells import number_cell
from ibkr_sync_cli.views.records import records_view
from ibkr_sync_cli.views.tables import ItemsTable, TableColumn, items_table

COLUMNS = (
    *("symbol", "exchange", "trading_class", "exchange_code", "asset_class", "category"),
    *("currency", "multiplier", "price_magnifier", "min_tick", "name", "weekly_expiries"),
    *("active", "sources"),
    *(field.name for field in dataclasses.fields(ProductFacts)),
)

USUAL_COLUMNS = (
    *("symbol", "exchange", "trading_class", "asset_class", "currency", "multiplier"),
    *("price_magnifier", "min_tick", "name", "active"),
)

_DEAD = "†"


def catalogue_view(products: Sequence[CatalogueProduct]) -> Result:
    """The products in every format."""
    return records_view(
        products,
        _record,
        COLUMNS,
        lambda: _table(products),
        schema="ibkr-sync/catalogue/1",
        name="products",
        usual_columns=USUAL_COLUMNS,
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
        **dataclasses.asdict(product.facts or ProductFacts()),
    }


def _table(products: Sequence[CatalogueProduct]) -> ItemsTable[CatalogueProduct]:
    columns: list[TableColumn[CatalogueProduct] | None] = [
        TableColumn(
            "Symbol", lambda item: item.symbol if item.active else f"{item.symbol} {_DEAD}"
        ),
        TableColumn("Exchange", lambda item: item.exchange),
        TableColumn("Class", lambda item: item.trading_class or None),
        TableColumn(
            "Type",
            lambda item: item.asset_class.value.replace("_", " "),
            gives_way=3,
            alike="all {}",
        ),
        TableColumn("Cur", lambda item: item.currency, alike="all in {}"),
        TableColumn("Multiplier", lambda item: number_cell(item.multiplier), right=True),
        TableColumn(
            "Magnifier",
            lambda item: item.price_magnifier or None,
            right=True,
            gives_way=2,
            alike="price magnifier {}",
        ),
        TableColumn("Tick", lambda item: number_cell(item.min_tick), right=True, gives_way=1),
        TableColumn("Name", lambda item: item.name or None, fit="cut", least=24),
        TableColumn("Settles", lambda item: item.facts and item.facts.settlement, gives_way=4),
        TableColumn("Months", lambda item: item.facts and item.facts.months, gives_way=5),
    ]
    count = quantity_of(len(products), "product")
    dead = any(not product.active for product in products)
    footer = f"{count} · {_DEAD} trades no longer" if dead else count
    return items_table(products, columns, footer=[footer])
