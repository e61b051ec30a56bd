"""The port to what is stored, asked by names and ids instead of queries."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ibkr_sync.domain.entities.futures import Future
    from ibkr_sync.domain.entities.market_rules import MarketRule
    from ibkr_sync.domain.naming.renaming import FormerName
    from ibkr_sync.domain.naming.stored_names import StoredNames


class StoredProducts(Protocol):
    """Products in the database; every method raises StorageError."""

    @abstractmethod
    def find_names(self, words: Collection[str]) -> tuple[StoredNames, ...]:
        """Give the names of every product that `find_named` gives, without reading chains."""

    @abstractmethod
    def find_named(self, words: Collection[str]) -> tuple[Future, ...]:
        """Give every product, with its chain, that one of the words names, by key.

        A word names a product by its symbol or trading class, or by trading class, local
        symbol or conId of one of its contracts.
        """

    @abstractmethod
    def find_former_names(self, words: Collection[str]) -> tuple[FormerName, ...]:
        """Give the former names that have one of the words for symbol or class, oldest first."""

    @abstractmethod
    def find_market_rules(self, ids: Collection[int]) -> tuple[MarketRule, ...]:
        """Give the tick ladders with steps that are stored under these ids, by id."""
