"""A catalogue that knows the products it was given, and a row for a real one."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from decimal import Decimal

from ibkr_sync.domain.entities.catalogue import CatalogueProduct
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.ports.catalogue import ProductCatalogue
from ibkr_sync.domain.sync import FutureQuery


class FakeCatalogue(ProductCatalogue):
    """Finds among `products`, which may be changed at any time."""

    def __init__(self, products: Iterable[Future] = ()) -> None:
        self.products = list(products)

    def find(self, query: FutureQuery) -> tuple[Future, ...]:
        return tuple(product for product in self.products if query.matches(product))


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
