"""What the catalogue knows of products."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from decimal import Decimal

from ibkr_sync.domain.entities.catalogue import CatalogueProduct, ProductFacts
from ibkr_sync_cli.terminal.output import Result
from ibkr_sync_cli.units.quantities import quantity_of
from ibkr_sync_cli.views.cells import number_cell
from ibkr_sync_cli.views.records import records_view
from ibkr_sync_cli.views.tables import ItemsTable, TableColumn, items_table

_OF_PRODUCT = (
    *("symbol", "exchange", "trading_class", "exchange_code", "asset_class", "category"),
    *("currency", "multiplier", "price_magnifier", "min_tick", "name", "weekly_expiries"),
    *("active", "sources"),
)
COLUMNS = (*_OF_PRODUCT, *(field.name for field in dataclasses.fields(ProductFacts)))

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
    stated = {name: _as_json(getattr(product, name)) for name in _OF_PRODUCT}
    return stated | dataclasses.asdict(product.facts or ProductFacts())


def _as_json(value: object) -> object:
    if isinstance(value, Decimal):
        return f"{value:f}"
    return list(value) if isinstance(value, tuple) else value


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
