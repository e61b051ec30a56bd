"""Futures products as they are stored.

What writes is imported where it is used: a command that only reads starts without it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy.engine import Connection

from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.errors import (
    AmbiguousProductError,
    ProductLookupError,
    ProductNotFoundError,
    ReplyError,
    SampleDataError,
    StorageError,
)
from ibkr_sync.domain.evidence.recognition import reply_mark, settled_until
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.ports.futures import LocalFuturePort
from ibkr_sync.domain.runs.future_update import FutureFailure, FutureUpdate
from ibkr_sync.domain.runs.run_kind import RunKind
from ibkr_sync.domain.runs.sync_policy import SyncPolicy, SyncRun
from ibkr_sync.domain.selection.product_choice import most_stored
from ibkr_sync.infrastructure.repositories.local_repo.products import reads
from ibkr_sync.infrastructure.repositories.local_repo.products.stored_futures import StoredFutures
from ibkr_sync.infrastructure.repositories.local_repo.schema.upgrading import reading, writing

if TYPE_CHECKING:
    from ibkr_sync.domain.delivery.delivery_book import DeliveryBook
    from ibkr_sync.domain.entities.market_rules import MarketRule
    from ibkr_sync.domain.evidence.acquired_future import (
        AbsentFuture,
        AcquiredFuture,
        Evidence,
        RecognisedReply,
    )
    from ibkr_sync.domain.evidence.recognition import RememberedProduct
    from ibkr_sync.domain.ports.catalogue import ProductCatalogue
    from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
    from ibkr_sync.infrastructure.repositories.local_repo.products.planning import StoragePlan

F = TypeVar("F", bound=Future)


class LocalFutureRepository(StoredFutures[F], LocalFuturePort[F]):
    """Futures products of one asset type, or of all, in a SQLite or PostgreSQL database.

    `takes_sample_data` is False for a database that is kept for real data: sample data is refused
    there, even while it is empty. Raw replies are kept for so long, or for ever, and the newest of
    a product always. Deliveries are dated by the book, where there is one.
    """

    def __init__(
        self,
        database: Database,
        entity: type[F],
        catalogue: ProductCatalogue,
        clock: Callable[[], datetime],
        *,
        takes_sample_data: bool = True,
        keep_raw_replies: timedelta | None = None,
        deliveries: Callable[[], DeliveryBook] | None = None,
    ) -> None:
        super().__init__(database, entity, catalogue, clock)
        self._takes_sample_data = takes_sample_data
        self._keep_raw_replies = keep_raw_replies
        self._deliveries = deliveries

    def get_or_create(self, query: FutureQuery, policy: SyncPolicy) -> FutureUpdate[F]:
        """Give what is stored, else the product as the catalogue knows it, storing that.

        Raises what `get_by_symbol` raises.
        """
        try:
            product = self.get_by_symbol(query)
        except ProductNotFoundError:
            return self._create_from_catalogue(query, policy)
        return FutureUpdate(query=query, stored=product, is_new=False, applied=not policy.dry_run)

    def get_or_create_many(
        self,
        queries: Iterable[FutureQuery],
        policy: SyncPolicy,
        *,
        on_run: Callable[[SyncRun], object] | None = None,
    ) -> Iterator[FutureUpdate[F] | FutureFailure]:
        """Give or create one product after the other, without a run; raises StorageError."""
        del on_run
        for query in queries:
            try:
                yield self.get_or_create(query, policy)
            except (ProductLookupError, ReplyError) as error:
                yield FutureFailure(query=query, error=error)

    def sync_run(
        self,
        origin: Origin,
        kind: RunKind = RunKind.GET,
        *,
        on_open: Callable[[], object] = lambda: None,
    ) -> AbstractContextManager[SyncRun]:
        # Not used: what stores a product is loaded now, when no complete reply waits for it.
        from ibkr_sync.infrastructure.repositories.local_repo.products import planning  # noqa: F401
        from ibkr_sync.infrastructure.repositories.local_repo.runs.recorded_run import recorded_run

        return recorded_run(self._database, origin, kind, self._clock, on_open)

    def get_or_create_entity(
        self,
        acquired: AcquiredFuture[F],
        query: FutureQuery,
        policy: SyncPolicy,
        run: SyncRun,
        *,
        is_last: bool = False,
    ) -> FutureUpdate[F]:
        from ibkr_sync.infrastructure.repositories.local_repo.evidence.evidence_rows import (
            keep_evidence,
        )
        from ibkr_sync.infrastructure.repositories.local_repo.products import writes
        from ibkr_sync.infrastructure.repositories.local_repo.products.recognition import (
            ReplyRecognition,
        )
        from ibkr_sync.infrastructure.repositories.local_repo.runs import outcomes

        if policy.dry_run:
            return self.plan_entity(acquired, query, policy)
        now = self._clock()
        with writing(self._database) as connection:
            plan = self._plan(connection, acquired, policy, now)
            for taker in plan.takers:
                taker_id = writes.write_update(
                    connection, taker.update, taker.rows, taker.before, now
                )
                writes.write_history(connection, taker.update.history, taker_id, run, now)
                self._write_deliveries(connection, taker.update.product, taker_id, run, now)
                if taker.update.product.synced_at == plan.update.product.synced_at:
                    # The reply brought it up to date too; one seen in part is as old as it was.
                    outcomes.record_outcome(
                        connection,
                        FutureQuery(**taker.update.product.key._asdict()),
                        taker.update.diff,
                        product_id=taker_id,
                        is_new=taker.is_new,
                        is_taker=True,
                        run=run,
                        now=now,
                        given_at=taker.update.product.synced_at,
                    )
            update, before = plan.update, plan.before
            product_id = writes.write_update(connection, update, plan.rows, before, now)
            writes.write_history(connection, update.history, product_id, run, now)
            self._write_deliveries(connection, update.product, product_id, run, now)
            if acquired.evidence is not None:
                keep_evidence(
                    connection, {product_id: acquired.evidence}, run, self._outdated_before(now)
                )
            ReplyRecognition(connection, self._catalogue, now).remember(
                product_id, update.product, _mark_of(acquired, plan, query, now)
            )
            outcomes.record_outcome(
                connection,
                query,
                update.diff,
                product_id=product_id,
                is_new=plan.is_new,
                run=run,
                now=now,
                given_at=update.product.synced_at,
                left_out=plan.left_out,
            )
            self._end_with(connection, run, now, is_last=is_last)
        if is_last:
            self._database.ended_run = run.run_id
        return FutureUpdate(
            query=query,
            stored=update.product,
            is_new=plan.is_new,
            diff=update.diff,
            remarks=plan.remarks,
            left_out=plan.left_out,
        )

    def store_again(
        self,
        replies: Mapping[FutureQuery, RecognisedReply],
        run: SyncRun,
        *,
        is_last: bool = False,
    ) -> tuple[FutureUpdate[F], ...]:
        from ibkr_sync.infrastructure.repositories.local_repo.runs.seen_again import (
            write_seen_again,
        )

        now = self._clock()
        with writing(self._database) as connection:
            try:
                with reads.readable(self._database.name):
                    diffs = write_seen_again(
                        connection, replies, run, now, self._outdated_before(now)
                    )
            except LookupError as error:
                raise StorageError(self._database.name, str(error)) from error
            self._end_with(connection, run, now, is_last=is_last)
        if is_last:
            self._database.ended_run = run.run_id
        return tuple(
            FutureUpdate(
                query=query,
                stored=self._unread(reply.product.key, reply.product.origin, reply.given_at(now)),
                is_new=False,
                diff=diffs[query],
                is_recognised=True,
            )
            for query, reply in replies.items()
        )

    def remembered(self, queries: Collection[FutureQuery]) -> dict[FutureQuery, RememberedProduct]:
        from ibkr_sync.infrastructure.repositories.local_repo.products.recognition import (
            ReplyRecognition,
        )

        with reading(self._database) as connection, reads.readable(self._database.name):
            sole = self._find_sole(connection, queries)
            found = ReplyRecognition(connection, self._catalogue, self._clock()).remembered(sole)
        if self._takes_sample_data:
            return found
        return {query: known for query, known in found.items() if known.origin is not Origin.SAMPLE}

    def plan_entity(
        self, acquired: AcquiredFuture[F], query: FutureQuery, policy: SyncPolicy
    ) -> FutureUpdate[F]:
        """Say what `get_or_create_entity` would do, and write nothing."""
        with reading(self._database) as connection:
            plan = self._plan(connection, acquired, policy, self._clock())
        return FutureUpdate(
            query=query,
            stored=plan.update.product,
            is_new=plan.is_new,
            diff=plan.update.diff,
            applied=False,
            remarks=plan.remarks,
            left_out=plan.left_out,
        )

    def record_failure(
        self, failure: FutureFailure, run: SyncRun, refused: Evidence | None = None
    ) -> None:
        from ibkr_sync.infrastructure.repositories.local_repo.evidence.refused_rows import (
            keep_refused,
        )
        from ibkr_sync.infrastructure.repositories.local_repo.runs import outcomes

        now = self._clock()
        with writing(self._database) as connection:
            product_id = None
            # That one candidate alone is stored makes an ambiguous symbol no clearer.
            if not isinstance(failure.error, AmbiguousProductError):
                product_id = self._clear_id(connection, failure.query)
            outcomes.record_failed_outcome(connection, failure, product_id, run, now)
            if refused is not None and not isinstance(failure.error, SampleDataError):
                keep_refused(connection, refused, run)
            self._prune_refused(connection, now)

    def _clear_id(self, connection: Connection, query: FutureQuery) -> int | None:
        """The id of the one stored product that a query can mean; None where it is not clear."""
        only = reads.read_only_id(connection, query)
        if only is not None:  # as nearly always; to read its chain would take longer every year
            return only
        found = reads.read_products(connection, query, self._database.name)
        ids = {other.product.key: other.product_id for other in found}
        matching = most_stored([other.product for other in found])
        return ids[matching[0].key] if len(matching) == 1 else None

    def record_absence(
        self, absent: AbsentFuture, query: FutureQuery, run: SyncRun
    ) -> FutureFailure:
        from ibkr_sync.infrastructure.repositories.local_repo.products import planning, writes
        from ibkr_sync.infrastructure.repositories.local_repo.runs import outcomes

        now = self._clock()
        failure = FutureFailure(query=query, error=absent.error)
        with writing(self._database) as connection:
            plan = planning.plan_stored_absence(connection, absent, now, self._database.name)
            if plan is None:
                outcomes.record_failed_outcome(connection, failure, None, run, now)
                return failure
            failure = dataclasses.replace(failure, diff=plan.update.diff)
            product_id = writes.write_update(connection, plan.update, plan.rows, plan.before, now)
            writes.write_history(connection, plan.update.history, product_id, run, now)
            outcomes.record_failed_outcome(connection, failure, product_id, run, now, given_at=now)
        return failure

    def plan_absence(self, absent: AbsentFuture, query: FutureQuery) -> FutureFailure:
        from ibkr_sync.infrastructure.repositories.local_repo.products import planning

        with reading(self._database) as connection:
            plan = planning.plan_stored_absence(
                connection, absent, self._clock(), self._database.name
            )
        diff = None if plan is None else plan.update.diff
        return FutureFailure(query=query, error=absent.error, diff=diff)

    def store_market_rules(self, rules: Iterable[MarketRule]) -> None:
        """Keep tick ladders; what they replace stays as history."""
        from ibkr_sync.infrastructure.repositories.local_repo.products.ladders import (
            write_ladders,
        )

        complete = tuple(rules)
        with writing(self._database) as connection:
            write_ladders(connection, complete, self._clock())

    def _end_with(
        self, connection: Connection, run: SyncRun, now: datetime, *, is_last: bool
    ) -> None:
        """Record the end of a run with the last of its products."""
        from ibkr_sync.infrastructure.repositories.local_repo.runs.recorded_run import end_run

        if is_last:
            end_run(connection, run, now)
            self._prune_refused(connection, now)

    def _outdated_before(self, now: datetime) -> datetime | None:
        keep = self._keep_raw_replies
        return None if keep is None else now - keep

    def _prune_refused(self, connection: Connection, now: datetime) -> None:
        from ibkr_sync.infrastructure.repositories.local_repo.evidence.refused_rows import (
            prune_refused,
        )

        outdated_before = self._outdated_before(now)
        if outdated_before is not None:
            prune_refused(connection, outdated_before)

    def _write_deliveries(
        self, connection: Connection, product: Future, product_id: int, run: SyncRun, now: datetime
    ) -> None:
        from ibkr_sync.infrastructure.repositories.local_repo.products import writes
        from ibkr_sync.infrastructure.repositories.local_repo.products.delivery_rows import (
            write_deliveries,
        )

        if self._deliveries is not None:
            changes = write_deliveries(connection, self._deliveries(), product, product_id, now)
            writes.write_history(connection, changes, product_id, run, now)

    def _create_from_catalogue(self, query: FutureQuery, policy: SyncPolicy) -> FutureUpdate[F]:
        from ibkr_sync.domain.evidence.chain_diff import ChainDiff
        from ibkr_sync.infrastructure.repositories.local_repo.products import writes

        known = self._catalogue.find(query)
        product = self._choose(query, known, f"{self._database.name} and the catalogue")
        created = FutureUpdate(
            query=query,
            stored=product,
            is_new=True,
            diff=ChainDiff(),
            applied=not policy.dry_run,
        )
        if policy.dry_run:
            return created
        with writing(self._database) as connection:
            # Another process may have stored it since this one looked.
            stored = self._find(connection, query)
            if not stored:
                writes.write_new_product(connection, product, self._clock())
                return created
        found = self._choose(query, stored, self._database.name)
        return FutureUpdate(query=query, stored=found, is_new=False)

    def _plan(
        self, connection: Connection, acquired: AcquiredFuture[F], policy: SyncPolicy, now: datetime
    ) -> StoragePlan[F]:
        from ibkr_sync.infrastructure.repositories.local_repo.products.planning import plan_storage

        product = acquired.product
        if product.origin is Origin.SAMPLE and not self._takes_sample_data:
            raise SampleDataError(product.key)
        return plan_storage(
            connection, acquired, now, self._database.name, allow_shrink=policy.allow_shrink
        )


def _mark_of(
    acquired: AcquiredFuture[F], plan: StoragePlan[F], query: FutureQuery, now: datetime
) -> Callable[[str], str] | None:
    """What makes the mark by which a stored reply is recognised; None for one that never is."""
    product, said = plan.update.product, acquired.statement
    if said is None or acquired.gone or not plan.is_of_product_alone:
        return None
    until, synced_at = settled_until(product, said, now), product.synced_at
    if until is None or synced_at is None:
        return None
    return lambda basis: reply_mark(
        basis, product.key, query, said, until=str(until), synced_at=synced_at
    )
