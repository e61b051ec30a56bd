"""Which product is asked for first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ibkr_sync.domain.entities.futures import AssetClass, Origin, ProductKey
from ibkr_sync.domain.entities.product_summary import ProductSummary
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.runs.refresh_order import oldest_first_order

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def stored(symbol: str, hours: float | None, exchange: str = "CME") -> ProductSummary:
    return ProductSummary(
        key=ProductKey(symbol, exchange, symbol),
        asset_class=AssetClass.INDEX,
        category=None,
        currency="USD",
        name=None,
        origin=Origin.IBKR,
        listed=4,
        next_expiry=None,
        synced_at=None if hours is None else NOW - timedelta(hours=hours),
    )


def order(symbols: str, *products: ProductSummary) -> str:
    queries = [FutureQuery(symbol=part) for part in symbols.split()]
    return " ".join(query.symbol for query in oldest_first_order(queries, products))


def test_what_was_synced_longest_ago_comes_first() -> None:
    assert order("CL ES NQ", stored("CL", 1), stored("ES", 30), stored("NQ", 20)) == "ES NQ CL"


def test_what_was_never_synced_comes_before_all_that_was() -> None:
    assert order("CL ES NQ", stored("CL", 90), stored("NQ", None)) == "ES NQ CL"


def test_of_several_products_that_are_meant_the_oldest_counts() -> None:
    two = (stored("ES", 1), stored("ES", 50, "NOTCME"))
    assert order("CL ES", stored("CL", 30), *two) == "ES CL"


def test_what_is_equally_old_stays_in_its_order() -> None:
    assert order("NQ CL ES") == "NQ CL ES"
