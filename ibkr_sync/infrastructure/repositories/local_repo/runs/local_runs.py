"""Recorded runs as they are stored."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_, select
from sqlalchemy.engine import Row

from ibkr_sync.domain.entities.futures import Origin, ProductKey
from ibkr_sync.domain.errors import StorageError
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.ports.runs import RunsPort
from ibkr_sync.domain.runs.contract_counts import ContractCounts
from ibkr_sync.domain.runs.run_kind import RunKind
from ibkr_sync.domain.runs.run_outcomes import ProductOutcome
from ibkr_sync.domain.runs.run_records import RecordedProduct, RecordedRun
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.database.lock_holder import find_lock_holder
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import (
    products,
    run_products,
    sync_runs,
)
from ibkr_sync.infrastructure.repositories.local_repo.schema.upgrading import reading

_COUNTS = {
    field.name: run_products.c["updated" if field.name == "changed" else field.name]
    for field in dataclasses.fields(ContractCounts)
}


class LocalRuns(RunsPort):
    """Runs in a SQLite or PostgreSQL database, beside the products."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def last_runs(self, count: int, *, kind: RunKind | None = None) -> tuple[RecordedRun, ...]:
        newest = select(sync_runs.c.id).order_by(sync_runs.c.id.desc()).limit(count)
        if kind is not None:
            newest = newest.where(sync_runs.c.kind == kind)
        return self._runs(_counted().where(sync_runs.c.id.in_(newest.subquery().select())))

    def run(self, run_id: int) -> RecordedRun | None:
        if not 0 < run_id < 1 << 31:  # no database takes more for an Integer
            return None
        found = self._runs(_counted().where(sync_runs.c.id == run_id))
        return found[0] if found else None

    def is_any_open(self) -> bool | None:
        """Look whether the run lock is held, without touching it (see the port)."""
        return find_lock_holder(self._database).is_held

    def products_of(self, run_id: int) -> tuple[RecordedProduct, ...]:
        if not 0 < run_id < 1 << 31:
            return ()
        return self._products(
            _named().where(run_products.c.run_id == run_id).order_by(run_products.c.id)
        )

    def last_attempts(self) -> tuple[RecordedProduct, ...]:
        # By index, product by product: to group what years of nights recorded takes seconds.
        newest = (
            _of_questions()
            .where(run_products.c.product_id == products.c.id)
            .order_by(run_products.c.id.desc())
            .limit(1)
            .correlate(products)
            .scalar_subquery()
        )
        of_none = (
            _of_questions(func.max(run_products.c.id))
            .where(run_products.c.product_id.is_(None))
            .group_by(*(run_products.c[name] for name in ("symbol", "exchange", "trading_class")))
        )
        is_newest = or_(
            run_products.c.id.in_(select(newest).select_from(products)),
            run_products.c.id.in_(of_none),
        )
        return self._products(_named().where(is_newest).order_by(run_products.c.id.desc()))

    def _runs(self, statement: Select[Any]) -> tuple[RecordedRun, ...]:
        with self._reading() as rows_of:
            return tuple(map(_run, rows_of(statement)))

    def _products(self, statement: Select[Any]) -> tuple[RecordedProduct, ...]:
        with self._reading() as rows_of:
            return tuple(map(_product, rows_of(statement)))

    @contextmanager
    def _reading(self) -> Iterator[Any]:
        """Read rows; a stored value that no column kind accepts is reported."""
        with reading(self._database) as connection:
            try:
                yield lambda statement: connection.execute(statement).all()
            except (ValueError, TypeError) as error:
                detail = f"it holds a value that can't be read: {error}"
                raise StorageError(self._database.name, detail) from error


def _counted() -> Select[Any]:
    """Runs with the sums over their products, the newest first."""
    has_failed = run_products.c.outcome == ProductOutcome.FAILED
    failed = case((has_failed, 1), else_=0)
    succeeded = case((~has_failed, run_products.c.product_id))
    # Sample data may come from any gateway or file, and only what was stored is known to be.
    sample = case((and_(products.c.origin == Origin.SAMPLE, ~has_failed), 1), else_=0)
    sample_origin = literal(Origin.SAMPLE, sync_runs.c.origin.type)
    origin = case((func.max(sample) == 1, sample_origin), else_=sync_runs.c.origin)
    return (
        select(
            sync_runs.c.id.label("run_id"),
            origin.label("origin"),
            *(sync_runs.c[name] for name in ("kind", "started_at", "finished_at")),
            *(sync_runs.c[name] for name in ("outcome", "error", "message")),
            func.count(succeeded.distinct()).label("succeeded"),
            func.coalesce(func.sum(failed), 0).label("failed"),
            *(_sum(column).label(name) for name, column in _COUNTS.items()),
        )
        .outerjoin(run_products, run_products.c.run_id == sync_runs.c.id)
        .outerjoin(products, products.c.id == run_products.c.product_id)
        .group_by(sync_runs.c.id)
        .order_by(sync_runs.c.id.desc())
    )


def _sum(column: ColumnElement[int]) -> ColumnElement[int | None]:
    """The sum over the products of a run; null where it was not recorded of each."""
    is_recorded = func.count(column) == func.count(run_products.c.id)
    return case((is_recorded, func.coalesce(func.sum(column), 0)))


def _run(row: Row[Any]) -> RecordedRun:
    values = row._asdict()
    counts = ContractCounts(**{name: values.pop(name) for name in _COUNTS})
    return RecordedRun(**values, counts=counts)


def _of_questions(wanted: ColumnElement[int] = run_products.c.id) -> Select[Any]:
    """What was recorded by runs that ask a source."""
    return (
        select(wanted)
        .join(sync_runs, sync_runs.c.id == run_products.c.run_id)
        .where(sync_runs.c.kind.not_in((RunKind.RENORMALISE, RunKind.IMPORT)))
    )


def _named() -> Select[Any]:
    """What came of products, each with the key of the stored product it was for."""
    stored = (
        products.c.symbol.label("stored_symbol"),
        products.c.exchange.label("stored_exchange"),
        products.c.trading_class.label("stored_class"),
    )
    return select(run_products, *stored).outerjoin(
        products, products.c.id == run_products.c.product_id
    )


def _product(row: Row[Any]) -> RecordedProduct:
    key = None
    if row.stored_symbol is not None:
        key = ProductKey(row.stored_symbol, row.stored_exchange, row.stored_class)
    return RecordedProduct(
        run_id=row.run_id,
        asked=FutureQuery(
            symbol=row.symbol, exchange=row.exchange, trading_class=row.trading_class
        ),
        key=key,
        outcome=row.outcome,
        error=row.error,
        message=row.message,
        counts=ContractCounts(
            **{name: getattr(row, count.name) for name, count in _COUNTS.items()}
        ),
        at=row.at,
    )
