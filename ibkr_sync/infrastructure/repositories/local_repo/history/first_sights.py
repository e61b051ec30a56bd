"""Which products were seen for the first time, and in which run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.engine import Connection

from ibkr_sync.domain.entities.futures import ProductKey
from ibkr_sync.domain.evidence.product_update import LISTING
from ibkr_sync.domain.history.recorded_history import FirstSight
from ibkr_sync.infrastructure.repositories.local_repo.history.recorded_changes import KEY
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import field_changes, products


def read_first_runs(
    connection: Connection, since: datetime, is_wanted: Sequence[ColumnElement[bool]]
) -> dict[ProductKey, int]:
    """Of each product that got a contract since then, the run in which it got its first."""
    change = field_changes.c
    got_contracts = select(change.product_id).where(
        change.seen_at >= since, change.field == LISTING, change.old.is_(None)
    )
    first = (
        select(func.min(change.run_id))
        .where(change.product_id == products.c.id, change.field == LISTING, change.old.is_(None))
        .scalar_subquery()
    )
    statement = select(*KEY, first.label("run")).where(products.c.id.in_(got_contracts), *is_wanted)
    return {
        ProductKey(row.symbol, row.exchange, row.trading_class): row.run
        for row in connection.execute(statement)
    }


def read_first_sights(connection: Connection, run: int, began: datetime) -> tuple[FirstSight, ...]:
    """Give the products of which the run saw the first contracts, by key."""
    change = field_changes.c
    statement = (
        select(products.c.id, *KEY, func.count().label("contracts"), func.min(change.seen_at))
        .join(products, products.c.id == change.product_id)
        .where(change.seen_at >= began, change.run_id == run, is_first_sight_of_product())
        .group_by(products.c.id, *KEY)
        .order_by(*KEY)
    )
    return tuple(
        FirstSight(
            product=ProductKey(*key), product_id=product_id, contracts=contracts, at=at, run=run
        )
        for product_id, *key, contracts, at in connection.execute(statement)
    )


def is_first_sight_of_product() -> ColumnElement[bool]:
    """Whether a change is the first sight of a contract, of a product without any before the run.

    By the order of runs, as a clock may have been set back.
    """
    change, before = field_changes.c, field_changes.alias("before").c
    had_contracts = (
        select(before.id)
        .where(before.product_id == change.product_id, before.run_id < change.run_id)
        .where(before.field == LISTING, before.old.is_(None))
        .exists()
    )
    return and_(change.field == LISTING, change.old.is_(None), ~had_contracts)
