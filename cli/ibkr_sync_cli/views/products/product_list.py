"""The products in the database, and those that a symbol may mean."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from ibkr_sync.domain.entities.futures import Origin
from ibkr_sync.domain.entities.product_summary import ProductSummary
from ibkr_sync.domain.errors import ProductCandidate
from ibkr_sync_cli.terminal.output import Result
from ibkr_sync_cli.units.durations import brief_duration
from ibkr_sync_cli.units.moments import instant_value
from ibkr_sync_cli.units.quantities import quantity_of
from ibkr_sync_cli.views.cells import number_cell
from ibkr_sync_cli.views.records import records_view
from ibkr_sync_cli.views.tables import ItemsTable, TableColumn, items_table

COLUMNS = (
    *("symbol", "exchange", "trading_class", "currency", "asset_class", "category", "name"),
    *("listed", "next_expiry", "synced_at", "origin"),
)


def product_list_view(products: Sequence[ProductSummary], now: datetime) -> Result:
    """The stored products in every format."""
    return records_view(
        products,
        _record,
        COLUMNS,
        lambda: _products_table(products, now),
        schema="ibkr-sync/products/1",
        name="products",
    )


def product_list_table(candidates: Iterable[ProductCandidate]) -> ItemsTable[ProductCandidate]:
    """The products that a symbol may mean, and by what they differ."""
    listed = sorted(candidates, key=lambda candidate: candidate.key)
    has_symbols = len({other.key.symbol for other in listed}) > 1
    columns: list[TableColumn[ProductCandidate] | None] = [
        TableColumn("Symbol", lambda item: item.key.symbol) if has_symbols else None,
        TableColumn("Exchange", lambda item: item.key.exchange),
        TableColumn("Class", lambda item: item.key.trading_class),
        TableColumn("Multiplier", lambda item: number_cell(item.multiplier), right=True),
        TableColumn("Cur", lambda item: item.currency),
        TableColumn("Next expiry", lambda item: item.next_expiry),
        TableColumn("Listed", lambda item: item.contract_count, right=True),
        TableColumn("Name", lambda item: item.name or None, fit="wrap"),
    ]
    return items_table(listed, columns)


def _record(product: ProductSummary) -> dict[str, object]:
    return {
        **product.key._asdict(),
        "currency": product.currency,
        "asset_class": product.asset_class.value,
        "category": product.category,
        "name": product.name,
        "listed": product.listed,
        "next_expiry": None if product.next_expiry is None else product.next_expiry.isoformat(),
        "synced_at": instant_value(product.synced_at),
        "origin": product.origin.value,
    }


def _synced(product: ProductSummary, now: datetime) -> str:
    if product.synced_at is not None:
        return brief_duration(now - product.synced_at)
    is_undated = product.origin in (Origin.FILE, Origin.CATALOGUE)
    return product.origin.value if is_undated else "never"


def _products_table(
    products: Sequence[ProductSummary], now: datetime
) -> ItemsTable[ProductSummary]:
    columns: list[TableColumn[ProductSummary] | None] = [
        TableColumn("Symbol", lambda item: item.key.symbol),
        TableColumn("Exchange", lambda item: item.key.exchange),
        TableColumn("Class", lambda item: item.key.trading_class),
        TableColumn("Cur", lambda item: item.currency, gives_way=5, alike="all in {}"),
        TableColumn(
            "Type",
            lambda item: item.asset_class.value.replace("_", " "),
            gives_way=4,
            alike="all {}",
        ),
        TableColumn(
            "Listed",
            lambda item: None if item.origin is Origin.CATALOGUE else item.listed,
            right=True,
        ),
        TableColumn("Next expiry", lambda item: item.next_expiry),
        TableColumn(
            "Synced",
            lambda item: _synced(item, now),
            right=True,
            gives_way=1,
            alike="synced {}",
        ),
        TableColumn("Name", lambda item: item.name or None, fit="cut"),
    ]
    from_catalogue = sum(product.origin is Origin.CATALOGUE for product in products)
    message = quantity_of(len(products), "product")
    if from_catalogue:
        message += f" · {from_catalogue} known from the catalogue alone, never synced"
    is_sample = any(product.origin is Origin.SAMPLE for product in products)
    return items_table(products, columns, footer=[message], is_sample=is_sample)
