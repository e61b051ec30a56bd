"""A source of products that were given, kept by the in-memory local repository."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from datetime import datetime

from fakes.futures import InMemoryFutureRepository
from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.entities.product_summary import ProductSummary
from ibkr_sync.domain.errors import ProductLookupError, ProductNotFoundError
from ibkr_sync.domain.evidence.acquired_future import AcquiredFuture
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.ports.futures import FuturePort
from ibkr_sync.domain.runs.future_update import FutureFailure, FutureUpdate
from ibkr_sync.domain.runs.sync_policy import SyncPolicy, SyncRun

PLACE = "IBKR"


class FakeSource(FuturePort[Future]):
    """Answers for `products`, and answers from the database what is fresh.

    Attributes:
        products: what it knows; may be changed at any time.
        dies_of: what ends a run instead of its answer for a product, by symbol.
    """

    def __init__(
        self,
        local: InMemoryFutureRepository[Future],
        clock: Callable[[], datetime],
        *products: Future,
    ) -> None:
        self.products = list(products)
        self.dies_of: dict[str, BaseException] = {}
        self._local = local
        self._clock = clock

    def get_by_symbol(self, query: FutureQuery) -> Future:
        return self._local.get_by_symbol(query)

    def list_products(self) -> tuple[ProductSummary, ...]:
        return self._local.list_products()

    def get_or_create(self, query: FutureQuery, policy: SyncPolicy) -> FutureUpdate[Future]:
        (outcome,) = self.get_or_create_many([query], policy)
        if isinstance(outcome, FutureFailure):
            raise outcome.error
        return outcome

    def get_or_create_many(
        self,
        queries: Iterable[FutureQuery],
        policy: SyncPolicy,
        *,
        on_run: Callable[[SyncRun], object] | None = None,
    ) -> Iterator[FutureUpdate[Future] | FutureFailure]:
        due: list[FutureQuery] = []
        for query in queries:
            fresh = self._fresh(query, policy)
            if fresh is None:
                due.append(query)
            else:
                yield FutureUpdate(query=query, product=fresh, is_new=False)
        if not due:
            return
        opened = nullcontext() if policy.dry_run else self._local.sync_run(Origin.IBKR, policy.kind)
        with opened as run:
            if on_run is not None and run is not None:
                on_run(run)
            for query in due:
                yield self._answer(query, policy, run)

    def _fresh(self, query: FutureQuery, policy: SyncPolicy) -> Future | None:
        if policy.max_age is None:
            return None
        return self._local.find_fresh(query, policy.max_age, self._clock())

    def _answer(
        self, query: FutureQuery, policy: SyncPolicy, run: SyncRun | None
    ) -> FutureUpdate[Future] | FutureFailure:
        if query.symbol in self.dies_of:
            raise self.dies_of[query.symbol]
        try:
            known = [product for product in self.products if query.matches(product)]
            if not known:
                error = ProductNotFoundError(query.symbol, PLACE)
                error.asked = Origin.IBKR
                raise error
            acquired = AcquiredFuture(product=known[0])
            if run is None:
                return self._local.plan_entity(acquired, query, policy)
            return self._local.get_or_create_entity(acquired, query, policy, run)
        except ProductLookupError as error:
            failure = FutureFailure(query=query, error=error)
            if run is not None:
                self._local.record_failure(failure, run)
            return failure
