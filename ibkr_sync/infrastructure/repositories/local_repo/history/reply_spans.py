"""When a run began, and since when it got answers for each product."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.engine import Connection

from ibkr_sync.domain.entities.futures import ProductKey
from ibkr_sync.domain.history.recorded_history import ReplySpan
from ibkr_sync.domain.runs.run_kind import RunKind
from ibkr_sync.infrastructure.repositories.local_repo.history.recorded_changes import KEY
from ibkr_sync.infrastructure.repositories.local_repo.runs.outcomes import APPLIED
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import (
    products,
    run_products,
    sync_runs,
)


def read_begin_of_run(connection: Connection, run: int) -> datetime | None:
    """Since when the run recorded something, also if the clock was set back meanwhile.

    None where there is no such run.
    """
    if not 0 < run < 1 << 31:  # no database takes more for an Integer
        return None
    began = select(sync_runs.c.started_at).where(sync_runs.c.id == run)
    started_at: datetime | None = connection.execute(began).scalar()
    first = select(func.min(run_products.c.at)).where(run_products.c.run_id == run)
    first_at: datetime | None = connection.execute(first).scalar()
    return started_at and min(started_at, first_at or started_at)


def read_reply_spans(connection: Connection, run: int) -> dict[ProductKey, ReplySpan]:
    """Of each product that the run got an answer for, the time since the latest one before.

    The latest by the clock, so that nothing ends twice where it was set back.
    """
    own, before = run_products.c, run_products.alias("before").c
    is_reading_again = (
        select(sync_runs.c.id)
        .where(sync_runs.c.id == before.run_id, sync_runs.c.kind == RunKind.RENORMALISE)
        .exists()
    )
    last = (
        select(before.at)
        .where(before.product_id == own.product_id, before.run_id < run)
        .where(_is_observed(before), ~is_reading_again)
        .order_by(before.at.desc())
        .limit(1)
        .scalar_subquery()
    )
    statement = (
        select(*KEY, last.label("after"), own.at.label("until"))
        .join(products, products.c.id == own.product_id)
        .join(sync_runs, sync_runs.c.id == own.run_id)
        .where(own.run_id == run, _is_observed(own))
        .where(sync_runs.c.kind != RunKind.RENORMALISE)
        .order_by(own.id)
    )
    return {
        ProductKey(*key): ReplySpan(after, until)
        for *key, after, until in connection.execute(statement)
        if after is not None
    }


def _is_observed(row: Any) -> ColumnElement[bool]:  # noqa: ANN401 - columns have no type
    """Whether a complete reply was stored, or it was observed that its source knows it no more."""
    return or_(row.outcome.in_(APPLIED), row.given_at.is_not(None))
