"""Whether what is to be kept up to date is, judged from the database alone."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from ibkr_sync.application.services.futures import FuturesService
from ibkr_sync.application.services.watching.watchlist import WatchlistService
from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.entities.product_summary import ProductSummary
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.ports.runs import RunsPort
from ibkr_sync.domain.runs.run_kind import RunKind
from ibkr_sync.domain.runs.run_outcomes import RunOutcome
from ibkr_sync.domain.runs.run_records import RecordedRun
from ibkr_sync.domain.runs.staleness import (
    StaleProduct,
    is_alarmingly_stale,
    is_not_stale,
    judge_staleness,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshnessReport:
    """What a check found.

    Attributes:
        checked: how many products were looked at.
        is_sample: whether any of them is stored as sample data.
        stale: those without a complete reply within `max_age`, in the order of the list.
        closed: stored ones that were not looked at, as their source no longer knows them.
        remarked: stored ones of which something is not believed, which makes none stale.
        run: the newest run that was to bring them up to date, INTERRUPTED too where its process
            died and no run has recorded that since; None when there was none.
        is_run_alarming: whether that run was a refresh that was cut short, or has no end.
    """

    max_age: timedelta
    checked: int
    is_sample: bool
    stale: tuple[StaleProduct, ...]
    closed: tuple[ProductSummary, ...]
    remarked: tuple[ProductSummary, ...]
    run: RecordedRun | None
    is_run_alarming: bool

    @property
    def is_ok(self) -> bool:
        """Whether there is something to keep up to date, all of it fresh by a sound run."""
        return self.checked > 0 and not self.stale and not self.is_run_alarming


class FreshnessService:
    """Judges the watchlist, or all that is stored when nothing is on it."""

    def __init__(
        self, watchlist: WatchlistService, futures: FuturesService[Future], runs: RunsPort
    ) -> None:
        self._watchlist = watchlist
        self._futures = futures
        self._runs = runs

    def check(
        self, max_age: timedelta, now: datetime, groups: Collection[str] = ()
    ) -> FreshnessReport:
        """Give what is stale at the aware instant `now`, and why.

        Raises UnknownGroupError, MalformedSymbolError or StorageError.
        """
        # Before the runs are read: one that ends meanwhile did not die.
        is_any_open = self._runs.is_any_open()
        selected = self._watchlist.selection(groups)
        subjects = list(self._subjects(selected.products))
        late = [
            (asked, stored)
            for asked, stored in subjects
            if not is_not_stale(stored, max_age=max_age, now=now)
        ]
        # After years of nights it takes seconds to find them, and most mornings none is needed.
        attempts = self._runs.last_attempts() if late else ()
        run = self._newest_run()
        if (
            run is not None
            and is_any_open is False
            and run.outcome is RunOutcome.RUNNING
            and run.started_at < now
        ):
            run = dataclasses.replace(run, outcome=RunOutcome.INTERRUPTED)
        judged = (
            judge_staleness(asked, stored, attempts, run, max_age=max_age, now=now)
            for asked, stored in late
        )
        return FreshnessReport(
            max_age=max_age,
            checked=len(subjects),
            is_sample=any(stored and stored.origin is Origin.SAMPLE for _, stored in subjects),
            stale=tuple(product for product in judged if product is not None),
            closed=selected.closed,
            remarked=tuple(
                subject for _, subject in subjects if subject is not None and subject.remarks
            ),
            run=run,
            is_run_alarming=run is not None
            and run.kind is RunKind.REFRESH
            and is_alarmingly_stale(run, max_age=max_age, now=now),
        )

    def _subjects(
        self, queries: Collection[FutureQuery]
    ) -> Iterator[tuple[FutureQuery, ProductSummary | None]]:
        """Each query with each stored product that it means, and with None if there is none.

        What is closed gets no older.
        """
        stored: defaultdict[str, list[ProductSummary]] = defaultdict(list)
        for product in self._futures.list_products():
            stored[product.key.symbol].append(product)
        for query in queries:
            found = [product for product in stored[query.symbol] if query.covers(product)]
            yield from ((query, summary) for summary in found if not summary.is_closed)
            if not found:
                yield query, None

    def _newest_run(self) -> RecordedRun | None:
        """The newest refresh; where none ever ran, the newest run that asked for named products.

        Products that somebody names by hand say nothing of the nightly refresh.
        """
        refreshes = self._runs.last_runs(1, kind=RunKind.REFRESH)
        if refreshes:
            return refreshes[0]
        by_hand = [
            run
            for kind in (RunKind.NAMED_REFRESH, RunKind.GET)
            for run in self._runs.last_runs(1, kind=kind)
        ]
        return max(by_hand, key=lambda run: run.run_id, default=None)
