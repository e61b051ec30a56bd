"""The watchlist in a list."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from datetime import datetime

from fakes.clock import FakeClock
from ibkr_sync.domain.ports.watchlist import WatchedProduct, WatchlistPort, watched_by_group


class InMemoryWatchlist(WatchlistPort):
    """Keeps what the local repository keeps; `products` is what a test may look at."""

    def __init__(
        self, *products: WatchedProduct, clock: Callable[[], datetime] | None = None
    ) -> None:
        self.products = list(products)
        self._clock = clock or FakeClock()

    def add(self, products: Iterable[WatchedProduct]) -> tuple[WatchedProduct, ...]:
        new = tuple(product for product in dict.fromkeys(products) if product not in self.products)
        self.products += [dataclasses.replace(product, added_at=self._clock()) for product in new]
        return new

    def remove(self, products: Iterable[WatchedProduct]) -> None:
        unwanted = set(products)
        self.products = [product for product in self.products if product not in unwanted]

    def watched(self) -> tuple[WatchedProduct, ...]:
        return tuple(sorted(self.products, key=watched_by_group))
