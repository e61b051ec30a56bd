"""Futures products from a file in our own export format, kept by the local repository."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import Generic, TypeVar

from ibkr_sync.domain.entities.futures import (
    SAMPLE_MARKER,
    Future,
    Origin,
    covered_asset_classes,
)
from ibkr_sync.domain.entities.product_summary import ProductSummary
from ibkr_sync.domain.errors import (
    ProductLookupError,
    ReplyError,
    SourceFileError,
)
from ibkr_sync.domain.evidence.acquired_future import AcquiredFuture
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.ports.futures import FuturePort, LocalFuturePort
from ibkr_sync.domain.runs.future_update import FutureFailure, FutureUpdate
from ibkr_sync.domain.runs.sync_policy import SyncPolicy, SyncRun
from ibkr_sync.domain.selection.product_choice import choose_product
from ibkr_sync.infrastructure.repositories.file_repo.export_file import read_products

F = TypeVar("F", bound=Future)


class FileFutureRepository(FuturePort[F], Generic[F]):
    """Takes products from a file and delegates all persistence to the local repository.

    The file is read and validated whole before anything is stored; what is wrong in one of its
    products refuses all of them. Its products have the origin FILE, sample data stays SAMPLE;
    when a contract was seen is for the local repository to say, so that is not taken over.
    """

    def __init__(
        self,
        path: Path,
        local: LocalFuturePort[F],
        entity: type[F],
        clock: Callable[[], datetime],
    ) -> None:
        """Take what was built elsewhere; the file is not opened before the first request."""
        self._path = path
        self._local = local
        self._entity = entity
        self._clock = clock

    def get_by_symbol(self, query: FutureQuery) -> F:
        """Give what is stored (see the port)."""
        return self._local.get_by_symbol(query)

    def list_products(self) -> tuple[ProductSummary, ...]:
        """Summarise what is stored (see the port)."""
        return self._local.list_products()

    def queries(self) -> tuple[FutureQuery, ...]:
        """Name every product of the file that can be stored here, for a full import.

        Those of other asset classes and those without contracts can't. Raises SourceFileError.
        """
        covered = covered_asset_classes(self._entity)
        return tuple(
            FutureQuery(
                symbol=product.symbol,
                exchange=product.exchange,
                currency=product.currency,
                trading_class=product.trading_class,
            )
            for product in read_products(self._path)
            if product.asset_class in covered and product.contracts
        )

    def get_or_create(self, query: FutureQuery, policy: SyncPolicy) -> FutureUpdate[F]:
        """Find the product in the file and persist it (see the port)."""
        (outcome,) = self.get_or_create_many([query], policy)
        if isinstance(outcome, FutureFailure):
            raise outcome.error
        return outcome

    def get_or_create_many(
        self, queries: Iterable[FutureQuery], policy: SyncPolicy
    ) -> Iterator[FutureUpdate[F] | FutureFailure]:
        """Find several products in the file, each persisted by itself (see the port).

        A file that can't be used ends the run; a product that it lacks is one failure.
        """
        stale: list[FutureQuery] = []
        for query in queries:
            fresh = self._find_fresh(query, policy)
            if fresh is None:
                stale.append(query)
            else:
                yield fresh
        if not stale:
            return
        products = read_products(self._path)
        with self._run(policy) as run:
            for query in stale:
                yield self._store(query, products, policy, run)

    def _run(self, policy: SyncPolicy) -> AbstractContextManager[SyncRun | None]:
        return nullcontext() if policy.dry_run else self._local.sync_run(Origin.FILE, policy.kind)

    def _find_fresh(
        self, query: FutureQuery, policy: SyncPolicy
    ) -> FutureUpdate[F] | FutureFailure | None:
        if policy.max_age is None:
            return None
        try:
            product = self._local.find_fresh(query, policy.max_age, self._clock())
        except ProductLookupError as error:
            return FutureFailure(query=query, error=error)
        if product is None:
            return None
        return FutureUpdate(query=query, product=product, is_new=False)

    def _store(
        self,
        query: FutureQuery,
        products: tuple[Future, ...],
        policy: SyncPolicy,
        run: SyncRun | None,
    ) -> FutureUpdate[F] | FutureFailure:
        try:
            acquired = AcquiredFuture(product=_imported(self._choose(query, products)))
            if run is None:
                return self._local.plan_entity(acquired, query, policy)
            return self._local.get_or_create_entity(acquired, query, policy, run)
        except (ReplyError, ProductLookupError, SourceFileError) as error:
            failure = FutureFailure(query=query, error=error)
            if run is not None:
                self._local.record_failure(failure, run)
            return failure

    def _choose(self, query: FutureQuery, products: tuple[Future, ...]) -> F:
        """The one product of the file that is meant and may be stored."""
        matching = [product for product in products if query.matches(product)]
        product = choose_product(
            query, matching, self._entity, place=str(self._path), now=self._clock()
        )
        if not product.contracts:
            raise SourceFileError(str(self._path), str(product.key), "has no contracts")
        return product


def _imported(product: F) -> F:
    """The product as it comes from a file; `synced_at` stays, as the age of the data."""
    return dataclasses.replace(
        product,
        origin=Origin.SAMPLE if _is_sample(product) else Origin.FILE,
        contracts=tuple(
            dataclasses.replace(contract, listing=None) for contract in product.contracts
        ),
    )


def _is_sample(product: Future) -> bool:
    names = (contract.long_name or "" for contract in product.contracts)
    return product.origin is Origin.SAMPLE or any(name.endswith(SAMPLE_MARKER) for name in names)
