"""What users ask of futures products; knows the port, and no source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.ports.futures import FuturePort
from ibkr_sync.domain.sync import (
    FutureFailure,
    FutureQuery,
    FutureUpdate,
    ProductSummary,
    SyncPolicy,
)

F_co = TypeVar("F_co", bound=Future, covariant=True)


class FuturesService(Generic[F_co]):
    """Gives products as they are stored, or brings them up to date through the port."""

    def __init__(self, port: FuturePort[F_co]) -> None:
        self._port = port

    def show(self, query: FutureQuery) -> F_co:
        """Give one product as it is stored, with its chain (see `FuturePort.get_by_symbol`)."""
        return self._port.get_by_symbol(query)

    def get(self, query: FutureQuery, policy: SyncPolicy) -> FutureUpdate[F_co]:
        """Bring one product up to date (see `FuturePort.get_or_create`)."""
        return self._port.get_or_create(query, policy)

    def get_many(
        self, queries: Iterable[FutureQuery], policy: SyncPolicy
    ) -> Iterator[FutureUpdate[F_co] | FutureFailure]:
        """Bring each product up to date once, however often it is named.

        Yields an outcome per product as it is ready (see `FuturePort.get_or_create_many`).
        """
        return self._port.get_or_create_many(dict.fromkeys(queries), policy)

    def list_products(self) -> tuple[ProductSummary, ...]:
        """Summarise every stored product, by symbol."""
        return self._port.list_products()
