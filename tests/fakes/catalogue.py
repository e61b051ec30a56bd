"""A catalogue that knows the products it was given."""

from __future__ import annotations

from collections.abc import Iterable

from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.ports.catalogue import ProductCatalogue
from ibkr_sync.domain.sync import FutureQuery


class FakeCatalogue(ProductCatalogue):
    """Finds among `products`, which may be changed at any time."""

    def __init__(self, products: Iterable[Future] = ()) -> None:
        self.products = list(products)

    def find(self, query: FutureQuery) -> tuple[Future, ...]:
        return tuple(product for product in self.products if query.matches(product))
