"""The raw replies in the database: read again, counted and pruned."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, distinct, func, select, true, union_all
from sqlalchemy.engine import Connection

from ibkr_sync.domain.delivery.delivery_book import DeliveryBook
from ibkr_sync.domain.entities.futures import Future, Origin, ProductKey
from ibkr_sync.domain.errors import RawReplyError
from ibkr_sync.domain.evidence.acquired_future import Evidence
from ibkr_sync.domain.evidence.product_update import ProductUpdate
from ibkr_sync.domain.evidence.renormalisation import plan_renormalisation
from ibkr_sync.domain.hours.hours_by_day import DayHours
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.ports.raw_replies import (
    KeptReplies,
    KeptReply,
    RawReplyPort,
    RawReplyUsage,
)
from ibkr_sync.domain.runs.future_update import FutureFailure
from ibkr_sync.domain.runs.run_kind import RunKind
from ibkr_sync.domain.runs.sync_policy import SyncRun
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.database.failures import translated_failures
from ibkr_sync.infrastructure.repositories.local_repo.database.lock import run_lock
from ibkr_sync.infrastructure.repositories.local_repo.evidence.evidence_rows import (
    prunable,
    read_evidence,
)
from ibkr_sync.infrastructure.repositories.local_repo.evidence.packed_frames import (
    DamagedFramesError,
)
from ibkr_sync.infrastructure.repositories.local_repo.evidence.refused_rows import (
    prune_refused,
    read_refused,
)
from ibkr_sync.infrastructure.repositories.local_repo.products import reads, writes
from ibkr_sync.infrastructure.repositories.local_repo.products.delivery_rows import (
    write_deliveries,
)
from ibkr_sync.infrastructure.repositories.local_repo.products.kept_hours import (
    correct_hours_by_day,
    read_hours_by_day,
)
from ibkr_sync.infrastructure.repositories.local_repo.products.mapping import map_to_rows
from ibkr_sync.infrastructure.repositories.local_repo.runs import outcomes
from ibkr_sync.infrastructure.repositories.local_repo.runs.recorded_run import recorded_run
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import (
    products,
    raw_replies,
    refused_replies,
    run_products,
    sync_runs,
)
from ibkr_sync.infrastructure.repositories.local_repo.schema.upgrading import reading, writing

_FROM_REPLIES = (Origin.IBKR, Origin.SAMPLE)
"""The origins of a present that came from a raw reply."""

_SQLITE_SIZE = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
_POSTGRES_SIZE = "SELECT pg_database_size(current_database())"


class LocalRawReplies(RawReplyPort):
    """The raw replies in a SQLite or PostgreSQL database.

    What is read again is dated by the book of deliveries, where there is one.
    """

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        deliveries: Callable[[], DeliveryBook] | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._deliveries = deliveries

    def products(self) -> tuple[ProductKey, ...]:
        statement = (
            select(products.c.symbol, products.c.exchange, products.c.trading_class)
            .where(products.c.id.in_(select(raw_replies.c.product_id)))
            .where(products.c.origin.in_(_FROM_REPLIES))
        )
        with reading(self._database) as connection:
            return tuple(sorted(ProductKey(*row) for row in connection.execute(statement)))

    def kept(self, key: ProductKey) -> KeptReplies:
        with reading(self._database) as connection:
            stored = self._stored(connection, key)
            own = raw_replies.c.product_id == stored.product_id
            columns = (raw_replies.c.id, raw_replies.c.received_at, raw_replies.c.run_id)
            rows = connection.execute(select(*columns).where(own).order_by(raw_replies.c.id)).all()
            runs = _runs_with_replies(connection, stored.product_id)
            hours = read_hours_by_day(connection, stored.product_id)
        if not rows:
            raise RawReplyError(key, "none is kept")
        if stored.product.origin not in _FROM_REPLIES:
            raise RawReplyError(key, "what is stored came from a file since")
        return KeptReplies(
            product=stored.product,
            hours=hours,
            replies=tuple(
                KeptReply(
                    number=row.id,
                    received_at=row.received_at,
                    follows_gap=any(earlier < run < row.run_id for run in runs),
                )
                for earlier, row in zip((0, *(other.run_id for other in rows)), rows, strict=False)
            ),
        )

    def evidence(self, key: ProductKey, reply: KeptReply) -> Evidence:
        statement: Select[Any] = select(raw_replies).where(raw_replies.c.id == reply.number)
        if reply.is_refused:
            own = refused_replies.c.outcome_id == reply.number
            statement = select(refused_replies).where(own)
        with reading(self._database) as connection:
            row = connection.execute(statement).first()
            if row is None:
                raise RawReplyError(key, "it was deleted meanwhile")
            try:
                return read_refused(row) if reply.is_refused else read_evidence(connection, row)
            except DamagedFramesError as error:
                raise RawReplyError(key, str(error)) from error

    def of_run(self, run_id: int) -> tuple[tuple[ProductKey, KeptReply], ...]:
        if not 0 < run_id < 1 << 31:  # no database takes more for an Integer
            return ()
        key = (products.c.symbol, products.c.exchange, products.c.trading_class)
        statement = (
            select(raw_replies.c.id, raw_replies.c.received_at, *key)
            .join(products, products.c.id == raw_replies.c.product_id)
            .where(raw_replies.c.run_id == run_id)
            .order_by(raw_replies.c.id)
        )
        with reading(self._database) as connection:
            used = connection.execute(statement).all()
            refused = connection.execute(_refused_of(run_id)).all()
        return tuple(
            (
                ProductKey(*names),
                KeptReply(number=number, received_at=received_at, is_refused=is_refused),
            )
            for rows, is_refused in ((used, False), (refused, True))
            for number, received_at, *names in rows
        )

    def run(self) -> AbstractContextManager[SyncRun]:
        return recorded_run(self._database, Origin.IBKR, RunKind.RENORMALISE, self._clock)

    def rewrite(
        self, key: ProductKey, reread: Future, hours: Mapping[date, DayHours], run: SyncRun
    ) -> ProductUpdate[Future]:
        now = self._clock()
        with writing(self._database) as connection:
            stored = self._stored(connection, key)
            update = plan_renormalisation(stored.product, reread, now)
            before = writes.StoredState(
                product_id=stored.product_id,
                chain={contract.con_id: contract for contract in stored.product.contracts},
                synced_at=stored.product.synced_at,
            )
            rows = map_to_rows(update.product)
            product_id = writes.write_update(connection, update, rows, before, now)
            correct_hours_by_day(connection, product_id, hours, now)
            writes.write_history(connection, update.history, product_id, run, now)
            if self._deliveries is not None:
                book = self._deliveries()
                changes = write_deliveries(connection, book, update.product, product_id, now)
                writes.write_history(connection, changes, product_id, run, now)
            outcomes.record_outcome(
                connection,
                FutureQuery(symbol=key.symbol, exchange=key.exchange, trading_class=key[2]),
                update.diff,
                product_id=product_id,
                is_new=False,
                run=run,
                now=now,
                given_at=update.product.synced_at,
            )
        return update

    def record_failure(self, failure: FutureFailure, run: SyncRun) -> None:
        with writing(self._database) as connection:
            found = reads.read_products(connection, failure.query, self._database.name)
            product_id = found[0].product_id if len(found) == 1 else None
            outcomes.record_failed_outcome(connection, failure, product_id, run, self._clock())

    def usage(self) -> RawReplyUsage:
        with reading(self._database) as connection:
            return _usage(connection)

    def prunable(self, before: datetime) -> RawReplyUsage:
        with reading(self._database) as connection:
            return _usage(connection, prunable(before), refused_replies.c.received_at < before)

    def prune(self, before: datetime) -> RawReplyUsage:
        with run_lock(self._database), writing(self._database) as connection:
            is_old = refused_replies.c.received_at < before
            deleted = _usage(connection, prunable(before), is_old)
            connection.execute(delete(raw_replies).where(prunable(before)))
            prune_refused(connection, before)
        return deleted

    def database_size(self) -> int:
        """Give how many bytes the database takes; of a file with its WAL."""
        path = self._database.path
        if path is None:
            question = _SQLITE_SIZE if self._database.is_sqlite else _POSTGRES_SIZE
            with reading(self._database) as connection:
                return int(connection.exec_driver_sql(question).scalar_one())
        files = (path, path.with_name(f"{path.name}-wal"))
        with translated_failures(self._database.location):
            return sum(file.stat().st_size for file in files if file.exists())

    def compact(self) -> None:
        """Compact a SQLite file; a server does it by itself."""
        self._database.compact()

    def _stored(self, connection: Connection, key: ProductKey) -> reads.StoredProduct:
        stored = reads.read_by_key(connection, key, self._database.name)
        if stored is None or stored.product.key != key:
            raise RawReplyError(key, "the product is not stored")
        return stored


def _runs_with_replies(connection: Connection, product_id: int) -> list[int]:
    """The runs in which a source that gives raw replies gave a complete one for the product."""
    statement = (
        select(run_products.c.run_id)
        .join(sync_runs)
        .where(run_products.c.product_id == product_id)
        .where(run_products.c.outcome.in_(outcomes.APPLIED))
        .where(sync_runs.c.kind != RunKind.RENORMALISE)
        .where(sync_runs.c.origin.in_(_FROM_REPLIES))
    )
    return list(connection.execute(statement).scalars())


def _refused_of(run_id: int) -> Select[Any]:
    """The replies that a run refused, with what is stored, or was asked for, by name."""
    names = (products.c.symbol, products.c.exchange, products.c.trading_class)
    asked = (run_products.c.symbol, run_products.c.exchange, run_products.c.trading_class)
    return (
        select(
            refused_replies.c.outcome_id,
            refused_replies.c.received_at,
            *(func.coalesce(*pair, "") for pair in zip(names, asked, strict=True)),
        )
        .join(run_products, run_products.c.id == refused_replies.c.outcome_id)
        .outerjoin(products, products.c.id == run_products.c.product_id)
        .where(run_products.c.run_id == run_id)
        .order_by(refused_replies.c.outcome_id)
    )


def _usage(
    connection: Connection,
    used: ColumnElement[bool] | None = None,
    refused: ColumnElement[bool] | None = None,
) -> RawReplyUsage:
    """What replies take that were used, and that were refused: all, or those of the conditions."""
    replies = union_all(
        select(
            raw_replies.c.product_id,
            raw_replies.c.received_at,
            func.length(raw_replies.c.frames).label("size"),
        ).where(true() if used is None else used),
        select(
            run_products.c.product_id,
            refused_replies.c.received_at,
            func.length(refused_replies.c.frames),
        )
        .join(run_products, run_products.c.id == refused_replies.c.outcome_id)
        .where(true() if refused is None else refused),
    ).subquery()
    statement: Any = select(
        func.count(),
        func.count(distinct(replies.c.product_id)),
        func.coalesce(func.sum(replies.c.size), 0),
        func.min(replies.c.received_at),
    ).select_from(replies)
    count, owners, size, oldest = connection.execute(statement).one()
    return RawReplyUsage(replies=count, products=owners, size=int(size), oldest=oldest)
