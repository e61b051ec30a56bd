"""The repository of any source: it acquires there, and delegates to the local repository."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Generic, TypeVar

from ibkr_sync.domain.entities.futures import ChainExtent, Future, Origin, ProductKey
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
from ibkr_sync.domain.evidence.recognition import RememberedProduct, ReplyStatement
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.ports.future_source import Acquisition, FutureSource, KnownFutures
from ibkr_sync.domain.ports.futures import FuturePort, LocalFuturePort
from ibkr_sync.domain.runs.contract_counts import counts_of
from ibkr_sync.domain.runs.future_update import FutureFailure, FutureUpdate
from ibkr_sync.domain.runs.run_kind import RunKind
from ibkr_sync.domain.runs.sync_policy import SyncPolicy, SyncRun
from ibkr_sync.infrastructure.repositories.recognised_together import recognised_together

_log = logging.getLogger(__name__)

F = TypeVar("F", bound=Future)

MAX_LADDERS = 1000
"""So many tick ladders are asked for in a run; IBKR has some hundreds."""

_LOOKED_AHEAD = 16
"""So many products are looked at together by what their replies are recognised."""

_REFRESHES = (RunKind.REFRESH, RunKind.NAMED_REFRESH)


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
        stored = _StoredInRun(self._local, due, policy, self._clock, is_file=is_file)
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
        stored: _StoredInRun[F],
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
        stored: _StoredInRun[F],
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


class _StoredInRun(KnownFutures, Generic[F]):
    """What is stored, and which tick ladders the products refer to that the run has stored.

    A product that is asked for is read once, until the run has stored it: no other run stores
    meanwhile. What its reply is recognised by is read together with that of those due after it, and
    its chain only for a reply that is not recognised. What is planned in the end is planned of what
    is read again.
    """

    def __init__(
        self,
        local: LocalFuturePort[F],
        due: Sequence[FutureQuery],
        policy: SyncPolicy,
        clock: Callable[[], datetime],
        *,
        is_file: bool,
    ) -> None:
        self._local = local
        self._due = due
        self._places = {query: place for place, query in enumerate(due)}
        self._reached = 0
        self._policy = policy
        self._is_file = is_file
        self._clock = clock
        self._remembered: dict[FutureQuery, RememberedProduct | None] = {}
        self._read: dict[FutureQuery, Future] = {}
        self._known_rules: frozenset[int] = frozenset()
        self._market_rules: set[int] = set()
        self._doubtful_rules: set[int] = set()

    def look_ahead(self) -> None:
        """Read what the first questions will be chosen by, and which tick ladders are stored."""
        self._known_rules = self._local.known_market_rules()
        first, *_ = self._due
        with suppress(ProductLookupError, StorageError):  # which its question will meet
            self.key_of(first)
            self.get_by_symbol(first)  # as its reply may have to be compared

    def forget(self, outcome: FutureUpdate[F] | FutureFailure) -> None:
        """Let go of what was read before it came to this, which may have changed other products."""
        diff = outcome.diff or ChainDiff()
        if isinstance(outcome, FutureFailure):
            if not diff.is_empty:
                self._forget_all()
            return
        key = outcome.stored.key
        if outcome.is_recognised:  # as nearly always; none of its rows says anything else
            for query in (outcome.query, FutureQuery(**key._asdict())):
                self._remembered.pop(query, None)
                self._read.pop(query, None)
            return
        keys = {known.key for known in self._remembered.values() if known is not None}
        keys.update(product.key for product in self._read.values())
        is_renamed = not outcome.is_new and key not in keys
        if diff.moved or is_renamed:
            self._forget_all()
            return
        self._remembered = {
            query: other
            for query, other in self._remembered.items()
            if not query.may_mean(key) and (other is None or other.key != key)
        }
        self._read = {
            query: other
            for query, other in self._read.items()
            if not query.may_mean(key) and other.key != key
        }

    def _forget_all(self) -> None:
        self._remembered.clear()
        self._read.clear()

    def note(self, update: FutureUpdate[F]) -> None:
        """Remember what the run has stored, and beside which ladders the tick changed."""
        diff = update.diff or ChainDiff()
        other_ticks = {change.con_id for change in diff.changes if change.field == "min_tick"}
        rules = {
            contract.con_id: set(contract.exchanges_by_rule)
            for contract in update.product.contracts
        }
        self.note_rules({rule_id for rule in rules.values() for rule_id in rule})
        for con_id, rule_ids in rules.items():
            if con_id in other_ticks:
                self._doubtful_rules |= rule_ids

    def note_rules(self, ids: Collection[int]) -> None:
        """Remember the tick ladders of a product that the run has stored."""
        room = MAX_LADDERS - len(self._market_rules)
        self._market_rules.update(sorted(set(ids) - self._market_rules)[:room])

    def get_by_symbol(self, query: FutureQuery) -> Future:
        if query not in self._read:
            found = self._local.get_by_symbol(query)
            self._read[query] = found
            self._read[FutureQuery(**found.key._asdict())] = found
        return self._read[query]

    def key_of(self, query: FutureQuery) -> ProductKey | None:
        known = self._remember(query)
        if known is not None:
            return known.key
        try:
            product = self.get_by_symbol(query)
        except ProductLookupError:
            return None
        return None if product.chain_extent is ChainExtent.NOTHING else product.key

    def recognised(self, query: FutureQuery, said: ReplyStatement) -> RememberedProduct | None:
        key = FutureQuery(
            symbol=query.symbol, exchange=query.exchange, trading_class=query.trading_class
        )
        known = self._remember(key)
        is_again = known is not None and known.is_unchanged_by(query, said, self._clock())
        return known if is_again else None

    def _remember(self, query: FutureQuery) -> RememberedProduct | None:
        if query not in self._remembered:
            self._reached = self._places.get(query, self._reached)
            ahead = self._due[self._reached : self._reached + _LOOKED_AHEAD]
            queries = [query, *(other for other in ahead if other not in self._remembered)]
            try:
                found = self._local.remembered(queries)
            except StorageError:  # one row is enough: they are read in full, each by itself
                found = {}
            for asked in queries:
                self._remembered[asked] = found.get(asked)
            for known in found.values():
                self._remembered[FutureQuery(**known.key._asdict())] = known
        return self._remembered[query]

    def find_named(self, words: Collection[str]) -> tuple[Future, ...]:
        return self._local.find_named(words)

    def list_products(self) -> tuple[ProductSummary, ...]:
        return self._local.list_products()

    def due_market_rules(self) -> tuple[int, ...]:
        """Those not stored yet; then those stored that may have changed since.

        These are all in a refresh, else those beside which the tick has changed. A file's ladders
        have no date of their own, so that they replace none.
        """
        if not self._market_rules:
            return ()
        known = self._known_rules
        if self._is_file:
            return tuple(sorted(self._market_rules - known))
        is_refresh = self._policy.kind in _REFRESHES
        doubtful = self._market_rules if is_refresh else self._market_rules & self._doubtful_rules
        return (*sorted(self._market_rules - known), *sorted(doubtful & known))


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
