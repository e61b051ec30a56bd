"""A catalogue that knows the products it was given, and a row for a real one."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from decimal import Decimal

from ibkr_sync.domain.entities.catalogue import CatalogueProduct
from ibkr_sync.domain.entities.futures import Future, ProductKey
from ibkr_sync.domain.naming.known_products import RenamedSymbol
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.ports.catalogue import ProductCatalogue


class FakeCatalogue(ProductCatalogue):
    """Finds among `products`, and names among `rows`; all of it may be changed at any time.

    Attributes:
        exchanges: today's code of each exchange that was renamed.
        symbols: what became of each symbol that was replaced.
    """

    def __init__(
        self, products: Iterable[Future] = (), rows: Iterable[CatalogueProduct] = ()
    ) -> None:
        self.products = list(products)
        self.rows = list(rows)
        self.exchanges: dict[str, str] = {}
        self.symbols: dict[str, RenamedSymbol] = {}

    def find(self, query: FutureQuery) -> tuple[Future, ...]:
        return tuple(product for product in self.products if query.matches(product))

    def known_as(self, word: str) -> tuple[CatalogueProduct, ...]:
        return tuple(
            row
            for row in self.rows
            if row.active and word in (row.symbol, row.trading_class, row.exchange_code)
        )

    def row_of(self, key: ProductKey) -> CatalogueProduct | None:
        return next((row for row in self.rows if row.key == key), None)

    def row_of_class(self, exchange: str, trading_class: str) -> CatalogueProduct | None:
        own = (exchange, trading_class)
        return next((row for row in self.rows if (row.exchange, row.trading_class) == own), None)

    def current_exchange(self, exchange: str, symbol: str) -> str:  # noqa: ARG002 - the port's
        return self.exchanges.get(exchange, exchange)

    def known_exchanges(self) -> frozenset[str]:
        return frozenset(row.exchange for row in self.rows)

    def suggested(self, word: str) -> tuple[CatalogueProduct, ...]:
        return tuple(
            row for row in self.rows if row.active and word in (row.name or "").upper().split()
        )

    def renamed_symbol(self, symbol: str) -> RenamedSymbol | None:
        return self.symbols.get(symbol)


def a_product(**changes: object) -> CatalogueProduct:
    """A row of a catalogue, with what the test is about."""
    product = CatalogueProduct(
        symbol="XYZ",
        exchange="CME",
        currency="USD",
        trading_class="XY",
        category="index",
        multiplier=Decimal(50),
        price_magnifier=1,
        name="Example",
        sources=("doc",),
    )
    return dataclasses.replace(product, **changes)  # type: ignore[arg-type]  # as the caller says
