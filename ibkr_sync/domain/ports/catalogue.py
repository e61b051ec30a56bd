"""The port to what is known of products without asking any source."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ibkr_sync.domain.entities.catalogue import CatalogueProduct
    from ibkr_sync.domain.entities.futures import Future, ProductKey
    from ibkr_sync.domain.naming.known_products import RenamedSymbol
    from ibkr_sync.domain.naming.query import FutureQuery


class ProductCatalogue(Protocol):
    """Products that are known to exist, shipped with the package."""

    @abstractmethod
    def find(self, query: FutureQuery) -> tuple[Future, ...]:
        """Give every product the query may mean, of origin CATALOGUE and without contracts.

        Empty when the catalogue knows none, which says nothing about whether one exists.
        """

    @abstractmethod
    def known_as(self, word: str) -> tuple[CatalogueProduct, ...]:
        """Give every product that trades today and has this symbol, class or exchange code."""

    @abstractmethod
    def row_of(self, key: ProductKey) -> CatalogueProduct | None:
        """Give what is known of a product; None when that is nothing, or ambiguous."""

    @abstractmethod
    def row_of_class(self, exchange: str, trading_class: str) -> CatalogueProduct | None:
        """Give what is known by a trading class of an exchange, whatever its symbol."""

    @abstractmethod
    def current_exchange(self, exchange: str, symbol: str) -> str:
        """Give today's code of the exchange a product trades on; an unknown code stays."""

    @abstractmethod
    def known_exchanges(self) -> frozenset[str]:
        """Give the codes of the exchanges that have products."""

    @abstractmethod
    def renamed_symbol(self, symbol: str) -> RenamedSymbol | None:
        """Give what became of a symbol that once stood for another product; None if none."""

    @abstractmethod
    def suggested(self, word: str) -> tuple[CatalogueProduct, ...]:
        """Give a few active products that a word which is no name of any may be meant for."""
