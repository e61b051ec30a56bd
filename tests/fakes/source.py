"""A source of products that were given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.errors import ProductNotFoundError
from ibkr_sync.domain.evidence.acquired_future import AcquiredFuture
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.ports.future_source import Acquisition, FutureSource, KnownFutures
from ibkr_sync.domain.runs.sync_policy import SyncPolicy


class FakeSource(FutureSource[Future]):
    """Answers for `products`.

    Attributes:
        products: what it knows; may be changed at any time.
        dies_of: what ends a run instead of its answer for a product, by symbol.
        policy: what it was last asked to heed.
    """

    name = "IBKR"
    origin = Origin.IBKR

    def __init__(self, *products: Future) -> None:
        self.products = list(products)
        self.dies_of: dict[str, BaseException] = {}
        self.policy = SyncPolicy()

    def acquire(
        self, queries: Iterable[FutureQuery], policy: SyncPolicy, known: KnownFutures
    ) -> Iterator[Acquisition[Future]]:
        del known
        self.policy = policy
        for query in queries:
            if query.symbol in self.dies_of:
                raise self.dies_of[query.symbol]
            found = [product for product in self.products if query.matches(product)]
            if found:
                yield query, AcquiredFuture(product=found[0])
            else:
                yield query, ProductNotFoundError(query.symbol, self.name)
