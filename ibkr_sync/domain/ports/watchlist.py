"""The port to the products that the user wants kept up to date."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from ibkr_sync.domain.entities.futures import ProductKey
from ibkr_sync.domain.naming.query import FutureQuery


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedProduct:
    """A product on the watchlist; what is None does not narrow the choice.

    Attributes:
        symbol: IBKR's symbol, or what was typed for a product that nobody knew.
        group: the part of the list it is in; None for the part without a name.
        added_at: UTC instant at which it was put on the list, None until then; two entries that
            differ in nothing else are equal.
    """

    symbol: str
    exchange: str | None = None
    trading_class: str | None = None
    currency: str | None = None
    group: str | None = None
    added_at: datetime | None = field(default=None, compare=False)

    @property
    def query(self) -> FutureQuery:
        """What to ask for."""
        return FutureQuery(
            symbol=self.symbol,
            exchange=self.exchange,
            currency=self.currency,
            trading_class=self.trading_class,
        )

    def may_be(self, key: ProductKey) -> bool:
        """Whether this is the product of that key, as far as the entry says."""
        return (
            self.symbol == key.symbol
            and self.exchange in (None, key.exchange)
            and self.trading_class in (None, key.trading_class)
        )

    def __str__(self) -> str:
        return str(self.query)


class WatchlistPort(Protocol):
    """Keeps the watchlist. Every method raises StorageError when the database fails."""

    @abstractmethod
    def add(self, products: Iterable[WatchedProduct]) -> tuple[WatchedProduct, ...]:
        """Put products on the list, all or none; gives those that were not on it already."""

    @abstractmethod
    def remove(self, products: Iterable[WatchedProduct]) -> None:
        """Take products off the list, all or none; what is not on it is passed over."""

    @abstractmethod
    def watched(self) -> tuple[WatchedProduct, ...]:
        """Give the whole list, by group (the one without a name first) and product."""


def watched_by_group(product: WatchedProduct) -> tuple[str, ...]:
    """The order of the list."""
    texts = (
        product.group,
        product.symbol,
        product.exchange,
        product.trading_class,
        product.currency,
    )
    return tuple(text or "" for text in texts)
