"""The repository of any source: it acquires there, and delegates to the local repository."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Generic, TypeVar

from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.entities.product_summary import ProductSummary
from ibkr_sync.domain.errors import (
    GatewayError,
    IbkrSyncError,
    ProductLookupError,
    ProductNotFoundError,
    ReplyError,
    StorageError,
)
from ibkr_sync.domain.evidence.acquired_future import (
    AbsentFuture,
    AcquiredFuture,
    AcquiredLadders,
    Evidence,
    RecognisedReply,
    RefusedReply,
)
from ibkr_sync.domain.evidence.chain_diff import ChainDiff
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.ports.future_source import Acquisition, FutureSource
from ibkr_sync.domain.ports.futures import FuturePort, LocalFuturePort
from ibkr_sync.domain.runs.contract_counts import counts_of
from ibkr_sync.domain.runs.future_update import FutureFailure, FutureUpdate
from ibkr_sync.domain.runs.sync_policy import SyncPolicy, SyncRun
from ibkr_sync.infrastructure.repositories.recognised_together import recognised_together
from ibkr_sync.infrastructure.repositories.stored_in_run import StoredInRun

_log = logging.getLogger(__name__)

F = TypeVar("F", bound=Future)


class DelegatingFutureRepository(FuturePort[F], Generic[F]):
    """Acquires products from a source, and delegates all persistence to the local repository.

    What is fresh is answered from the database before the source is asked. A run is opened
    only if something is due, and never for a dry run.
    """

    def __init__(
        self, source: FutureSource[F], local: LocalFuturePort[F], clock: Callable[[], datetime]
    ) -> None:
        self.source = source
        self._local = local
        self._clock = clock

    def get_by_symbol(self, query: FutureQuery) -> F:
        return self._local.get_by_symbol(query)

    def list_products(self) -> tuple[ProductSummary, ...]:
        return self._local.list_products()

    def get_or_create(self, query: FutureQuery, policy: SyncPolicy) -> FutureUpdate[F]:
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
    ) -> Iterator[FutureUpdate[F] | FutureFailure]:
        asked = tuple(queries)
        fresh = self._answers_from_database(asked, policy)
        yield from fresh.values()
        due = [query for query in asked if query not in fresh]
        if not due:
            return
        is_file = self.source.origin is Origin.FILE
        stored = StoredInRun(self._local, due, policy, self._clock, is_file=is_file)
        acquisitions = self.source.acquire(due, policy, stored)
        concluded: set[FutureQuery] = set()
        with self._run(policy, on_run, stored.look_ahead) as run:
            try:
                for outcome in self._conclusions(acquisitions, stored, policy, run, len(due)):
                    concluded.add(outcome.query)
                    yield outcome
            except GatewayError as error:
                # Whatever was still due failed with it, and is recorded as callers count it.
                for query in due:
                    if query not in concluded:
                        self._fail(query, error, run)
                raise

    def _conclusions(
        self,
        acquisitions: Iterable[Acquisition[F]],
        stored: StoredInRun[F],
        policy: SyncPolicy,
        run: SyncRun | None,
        left: int,
    ) -> Iterator[FutureUpdate[F] | FutureFailure]:
        """Store what is acquired for the products that are left, so many of them."""
        for acquisition in recognised_together(acquisitions, left):
            if isinstance(acquisition, AcquiredLadders):
                if run is not None:
                    self._local.store_market_rules(acquisition.rules)
                continue
            if isinstance(acquisition, Mapping):
                left -= len(acquisition)
                yield from self._store_again(acquisition, stored, run, is_last=left == 0)
                continue
            left -= 1
            query, acquired = acquisition
            outcome = self._conclude(query, acquired, policy, run, is_last=left == 0)
            stored.forget(outcome)
            if isinstance(outcome, FutureUpdate) and outcome.applied:
                stored.note(outcome)
            _log_outcome(outcome)
            yield outcome

    def _store_again(
        self,
        replies: Mapping[FutureQuery, RecognisedReply],
        stored: StoredInRun[F],
        run: SyncRun | None,
        *,
        is_last: bool,
    ) -> Iterator[FutureUpdate[F]]:
        if run is None:
            raise ValueError(f"{len(replies)} products are recognised in a dry run")
        try:
            updates = self._local.store_again(replies, run, is_last=is_last)
        except StorageError:
            if len(replies) == 1:
                raise
            *_, last = replies
            for query, reply in replies.items():  # a row that can't be read keeps back none before
                alone = {query: reply}
                yield from self._store_again(alone, stored, run, is_last=is_last and query == last)
            return
        for update in updates:  # before any is given: callers may leave with what they want
            stored.forget(update)
            stored.note_rules(replies[update.query].product.market_rule_ids)
            _log_outcome(update)
        yield from updates

    @contextmanager
    def _run(
        self,
        policy: SyncPolicy,
        on_run: Callable[[SyncRun], object] | None,
        on_open: Callable[[], object],
    ) -> Iterator[SyncRun | None]:
        if policy.dry_run:
            yield None
            return
        with self._local.sync_run(self.source.origin, policy.kind, on_open=on_open) as run:
            if on_run is not None:
                on_run(run)
            _log.info("run %d started: %s from %s", run.run_id, run.kind, run.origin)
            yield run

    def _answers_from_database(
        self, queries: Collection[FutureQuery], policy: SyncPolicy
    ) -> dict[FutureQuery, FutureUpdate[F] | FutureFailure]:
        """What needs no source: products that are fresh, and names that mean no single one."""
        if policy.max_age is None:
            return {}
        found = self._local.find_fresh(queries, policy.max_age, self._clock())
        return {
            query: FutureFailure(query=query, error=answer)
            if isinstance(answer, ProductLookupError)
            else FutureUpdate(query=query, stored=answer, is_new=False, applied=not policy.dry_run)
            for query, answer in found.items()
        }

    def _conclude(
        self,
        query: FutureQuery,
        acquired: AcquiredFuture[F] | AbsentFuture | RefusedReply | IbkrSyncError,
        policy: SyncPolicy,
        run: SyncRun | None,
        *,
        is_last: bool,
    ) -> FutureUpdate[F] | FutureFailure:
        """Store what was acquired, or record what it failed with."""
        if isinstance(acquired, AbsentFuture):
            return self._note_absence(query, acquired, run)
        if isinstance(acquired, RefusedReply):
            return self._fail(query, acquired.error, run, acquired.evidence)
        if isinstance(acquired, ProductNotFoundError):
            acquired.asked = self.source.origin
        if isinstance(acquired, IbkrSyncError):
            return self._fail(query, acquired, run)
        try:
            if run is None:
                update = self._local.plan_entity(acquired, query, policy)
            else:
                update = self._local.get_or_create_entity(
                    acquired, query, policy, run, is_last=is_last
                )
        except (ReplyError, ProductLookupError) as error:
            # Its traceback would hold the whole reply for as long as the run lasts.
            return self._fail(query, error.with_traceback(None), run, acquired.evidence)
        return dataclasses.replace(
            update,
            remarks=(*update.remarks, *acquired.remarks),
            disagreements=acquired.disagreements,
        )

    def _note_absence(
        self, query: FutureQuery, absent: AbsentFuture, run: SyncRun | None
    ) -> FutureFailure:
        """Record that the source no longer knows a stored product, which is a failure too."""
        absent.error.asked = self.source.origin
        if run is None:
            return self._local.plan_absence(absent, query)
        return self._local.record_absence(absent, query, run)

    def _fail(
        self,
        query: FutureQuery,
        error: IbkrSyncError,
        run: SyncRun | None,
        refused: Evidence | None = None,
    ) -> FutureFailure:
        failure = FutureFailure(query=query, error=error)
        if run is not None:
            self._local.record_failure(failure, run, refused)
        return failure


def _log_outcome(outcome: FutureUpdate[F] | FutureFailure) -> None:
    if not _log.isEnabledFor(logging.INFO):
        return
    if isinstance(outcome, FutureFailure):
        reason = f"{type(outcome.error).__name__}: {outcome.error}"
        _log.info("%s failed: %s", outcome.query, reason)
        return
    key = outcome.stored.key
    words = ", ".join(counts_of(outcome.diff or ChainDiff()).words())
    _log.info("%s: %s%s", key, words, "" if outcome.applied else " (nothing written)")
    for remark in outcome.remarks:
        _log.info("%s: %s", key, remark)
