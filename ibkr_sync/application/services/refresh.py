"""Keeping products up to date: those that are watched, or some that are named."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ibkr_sync.application.resolution.named_products import NamedProducts, name_products
from ibkr_sync.application.services.futures import FuturesService
from ibkr_sync.application.services.history import HistoryService
from ibkr_sync.application.services.product_sync import ProductSync
from ibkr_sync.application.services.refresh_report import (
    RefreshedProduct,
    RefreshReport,
    refreshed_product,
)
from ibkr_sync.application.services.watching.watchlist import WatchlistService
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.entities.product_summary import ProductSummary
from ibkr_sync.domain.errors import GatewayError, NothingToRefreshError
from ibkr_sync.domain.naming.limits import Limits
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.ports.runs import RunsPort
from ibkr_sync.domain.runs.future_update import FutureFailure, FutureUpdate
from ibkr_sync.domain.runs.refresh_order import oldest_first_order
from ibkr_sync.domain.runs.run_kind import RunKind
from ibkr_sync.domain.runs.sync_policy import SyncPolicy, SyncRun

_TRIES = 3
"""How often a product is asked for where no deadline says how long to go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshSelection:
    """What to refresh: the products that symbols name, groups of the watchlist, or all of it.

    Attributes:
        symbols: as they were typed; then `groups` are not looked at.
        limits: what narrows the meaning of the symbols.
    """

    symbols: Sequence[str] = ()
    limits: Limits = field(default_factory=Limits)
    groups: Sequence[str] = ()


class RefreshService:
    """Chooses what to refresh, in which order and how persistently."""

    def __init__(
        self,
        futures: FuturesService[Future],
        watchlist: WatchlistService,
        history: HistoryService,
        runs: RunsPort,
        *,
        clock: Callable[[], datetime],
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take what was built elsewhere; `timer` gives seconds that no clock change moves."""
        self._futures = futures
        self._watchlist = watchlist
        self._history = history
        self._runs = runs
        self._clock = clock
        self._timer = timer

    def begin(
        self,
        selection: RefreshSelection,
        policy: SyncPolicy,
        on_run: Callable[[SyncRun], object] | None = None,
    ) -> Refresh:
        """Find out what there is to refresh; nothing is asked before the result is iterated.

        The policy's kind and tries are set here; `on_run` is called once when a run was opened.
        Raises NothingToRefreshError,
        UnknownGroupError, MalformedSymbolError or StorageError.
        """
        started_at, began = self._clock(), self._timer()
        is_named = bool(selection.symbols)
        named = NamedProducts()
        if is_named:
            named = name_products(
                self._futures.names,
                selection.symbols,
                selection.limits,
                source_decides=policy.max_age is None,
            )
        listed = self._watchlist.selection(() if is_named else selection.groups)
        products = named.names if is_named else listed.products
        closed = () if is_named else listed.closed
        if not products and not named.failures:
            raise NothingToRefreshError([summary.key for summary in closed])
        kind = RunKind.NAMED_REFRESH if is_named else RunKind.REFRESH
        deadline = policy.deadline
        if deadline is not None:  # the user counts from here, not from the first question
            deadline = max(deadline - timedelta(seconds=self._timer() - began), timedelta(0))
        return Refresh(
            self._futures,
            dataclasses.replace(policy, kind=kind, tries=_TRIES, deadline=deadline),
            products,
            named,
            on_run,
            history=self._history,
            watched=listed.watched,
            closed=closed,
            clock=self._clock,
            started_at=started_at,
            elapsed=lambda: self._timer() - began,
            runs=self._runs,
        )


class Refresh(ProductSync[RefreshedProduct]):
    """One refresh; a gateway that is away for good fails whatever is still due."""

    def __init__(
        self,
        futures: FuturesService[Future],
        policy: SyncPolicy,
        products: Iterable[FutureQuery],
        named: NamedProducts,
        on_run: Callable[[SyncRun], object] | None,
        *,
        history: HistoryService,
        watched: frozenset[FutureQuery],
        closed: tuple[ProductSummary, ...],
        clock: Callable[[], datetime],
        started_at: datetime,
        elapsed: Callable[[], float],
        runs: RunsPort,
    ) -> None:
        super().__init__(futures, policy, products, named, on_run, history=history)
        self._watched = watched
        self._closed = closed
        self._clock = clock
        self._started_at = started_at
        self._elapsed = elapsed
        self._runs = runs
        self._before = {summary.key: summary for summary in futures.list_products()}
        self._ended_by: GatewayError | None = None

    def __iter__(self) -> Iterator[FutureUpdate[Future] | FutureFailure]:
        """Ask for each product (see `ProductSync`); the end of the gateway is not raised."""
        try:
            yield from super().__iter__()
        except GatewayError as error:
            self._ended_by = error
            for query in self._unasked():
                self._outcomes[query] = FutureFailure(query=query, error=error)

    def report(self) -> RefreshReport:
        """What the refresh came to so far; raises StorageError."""
        took = self._recorded_time()
        return RefreshReport(
            outcomes=self._reported(),
            unasked=self._unasked(),
            run_id=self._run_id,
            unreported=self._unreported,
            events=self._events(),
            before=self._before,
            watched=self._watched,
            closed=self._closed,
            started_at=self._started_at,
            finished_at=self._clock(),
            took=timedelta(seconds=self._elapsed()) if took is None else took,
            ended_by=self._ended_by,
        )

    def _recorded_time(self) -> timedelta | None:
        """How long the run took as it was recorded; None where there was none, or it has no end."""
        recorded = None if self._run is None else self._runs.run(self._run.run_id)
        return None if recorded is None else recorded.took

    def _order(self) -> Iterable[FutureQuery]:
        if self._policy.kind is RunKind.NAMED_REFRESH:
            return self.products
        return oldest_first_order(self.products, self._before.values())

    def _keep(self, update: FutureUpdate[Future]) -> RefreshedProduct:
        return refreshed_product(update, self._before, self._clock())
