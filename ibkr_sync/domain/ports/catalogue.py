"""The port to what is known of products without asking any source."""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol

from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.sync import FutureQuery


class ProductCatalogue(Protocol):
    """Products that are known to exist, shipped with the package."""

    @abstractmethod
    def find(self, query: FutureQuery) -> tuple[Future, ...]:
        """Give every product the query may mean, of origin CATALOGUE and without contracts.

        Empty when the catalogue knows none, which says nothing about whether one exists.
        """
