"""The port that all repositories of futures products stand behind.

One shape for all asset types: `FuturePort[IndexFuture]` holds index futures,
`FuturePort[Future]` all of them.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol, TypeVar

from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.ports.stored_products import StoredProducts
from ibkr_sync.domain.runs.run_kind import RunKind

if TYPE_CHECKING:
    from ibkr_sync.domain.entities.market_rules import MarketRule
    from ibkr_sync.domain.entities.product_summary import ProductSummary
    from ibkr_sync.domain.errors import ProductLookupError
    from ibkr_sync.domain.evidence.acquired_future import (
        AbsentFuture,
        AcquiredFuture,
        Evidence,
        RecognisedReply,
    )
    from ibkr_sync.domain.evidence.recognition import RememberedProduct
    from ibkr_sync.domain.naming.query import FutureQuery
    from ibkr_sync.domain.runs.future_update import FutureFailure, FutureUpdate, UnreadFuture
    from ibkr_sync.domain.runs.sync_policy import SyncPolicy, SyncRun

F = TypeVar("F", bound=Future)
F_co = TypeVar("F_co", bound=Future, covariant=True)


class FuturePort(Protocol[F_co]):
    """Futures products of one asset type, or of all, brought up to date from one source."""

    @abstractmethod
    def get_by_symbol(self, query: FutureQuery) -> F_co:
        """Give the product as it is stored, with its chain.

        Raises ProductNotFoundError, AmbiguousProductError, AssetClassMismatchError
        or StorageError.
        """

    @abstractmethod
    def get_or_create(self, query: FutureQuery, policy: SyncPolicy) -> FutureUpdate[F_co]:
        """Give the product up to date by the rules of this source, storing it on the way.

        Raises what `get_by_symbol` raises, and the source's GatewayError, UpstreamDownError,
        ReplyError or SourceFileError, or AlreadyRunningError.
        """

    @abstractmethod
    def get_or_create_many(
        self,
        queries: Iterable[FutureQuery],
        policy: SyncPolicy,
        *,
        on_run: Callable[[SyncRun], object] | None = None,
    ) -> Iterator[FutureUpdate[F_co] | FutureFailure]:
        """Bring many products up to date, yielding one outcome per query as it is ready.

        A failure of one product is yielded; what ends the whole run is raised. `on_run` is
        called once when a run was opened: never in a dry run, nor when nothing is due.
        """

    @abstractmethod
    def list_products(self) -> tuple[ProductSummary, ...]:
        """Summarise what is stored, by symbol; raises StorageError."""


class LocalFuturePort(FuturePort[F], StoredProducts, Protocol[F]):
    """The port of the local repository: persistence for the sources that delegate to it."""

    @abstractmethod
    def sync_run(
        self,
        origin: Origin,
        kind: RunKind = RunKind.GET,
        *,
        on_open: Callable[[], object] = lambda: None,
    ) -> AbstractContextManager[SyncRun]:
        """Open a run: one at a time per database, recorded with its outcome.

        `on_open` is called in the transaction that opens it, and may read what the run finds.
        Raises AlreadyRunningError at once when another run is open, or StorageError.
        """

    @abstractmethod
    def get_or_create_entity(
        self,
        acquired: AcquiredFuture[F],
        query: FutureQuery,
        policy: SyncPolicy,
        run: SyncRun,
        *,
        is_last: bool = False,
    ) -> FutureUpdate[F]:
        """Store a complete product in one transaction: rows, history, evidence and outcome.

        With the one that `is_last` the end of the run is recorded, if no more is done in it. The
        same product twice changes nothing. Raises ShrinkRefusedError, SampleDataError,
        InvalidReplyError or StorageError; then nothing was stored.
        """

    @abstractmethod
    def remembered(self, queries: Collection[FutureQuery]) -> dict[FutureQuery, RememberedProduct]:
        """Give by what the last replies about products are recognised, without reading chains.

        Of the queries that one stored product, and no other, matches by today's names; a conId and
        a size are none. Not of products of which a reply will have to be read, whatever it says.
        Raises StorageError.
        """

    @abstractmethod
    def store_again(
        self,
        replies: Mapping[FutureQuery, RecognisedReply],
        run: SyncRun,
        *,
        is_last: bool = False,
    ) -> tuple[FutureUpdate[F], ...]:
        """Store replies that say nothing new but hours, beside what is stored of their products.

        In one transaction for all, which are of different products, and as `get_or_create_entity`
        would store them. Raises StorageError; then nothing was stored.
        """

    @abstractmethod
    def plan_entity(
        self, acquired: AcquiredFuture[F], query: FutureQuery, policy: SyncPolicy
    ) -> FutureUpdate[F]:
        """Say what `get_or_create_entity` would do, and write nothing.

        Raises what `get_or_create_entity` raises.
        """

    @abstractmethod
    def record_failure(
        self, failure: FutureFailure, run: SyncRun, refused: Evidence | None = None
    ) -> None:
        """Record why a product of the run could not be brought up to date.

        A complete reply that was `refused` is kept, and is evidence of nothing.

        It is the failure of the one stored product that the query matches; of none, if another
        matches too or the failure is that several may be meant. Raises StorageError.
        """

    @abstractmethod
    def record_absence(
        self, absent: AbsentFuture, query: FutureQuery, run: SyncRun
    ) -> FutureFailure:
        """Record that a source no longer knows a stored product, in one transaction.

        Its contracts go missing, or are delisted, it may be closed (see `product_absence`), and
        the run failed for it: the failure is given, with what it changed. Raises StorageError.
        """

    @abstractmethod
    def plan_absence(self, absent: AbsentFuture, query: FutureQuery) -> FutureFailure:
        """Give what `record_absence` would give, and write nothing; raises StorageError."""

    @abstractmethod
    def find_fresh(
        self, queries: Collection[FutureQuery], max_age: timedelta, now: datetime
    ) -> dict[FutureQuery, UnreadFuture[F] | ProductLookupError]:
        """Give the stored products whose last complete replies are younger than `max_age`.

        Not those that are older or were never synced. What a query that means no single product
        fails with, as AmbiguousProductError, is given in its place.
        """

    @abstractmethod
    def store_market_rules(self, rules: Iterable[MarketRule]) -> None:
        """Keep tick ladders, replacing those stored under the same ids; raises StorageError."""

    @abstractmethod
    def known_market_rules(self) -> frozenset[int]:
        """The market rule ids whose tick ladder is stored."""
