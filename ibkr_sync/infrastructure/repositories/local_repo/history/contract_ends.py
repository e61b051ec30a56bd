"""Contracts that ended, or may have, in a stretch of time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, or_, select
from sqlalchemy.engine import Connection

from ibkr_sync.domain.entities.contracts import ContractListing, FuturesContract
from ibkr_sync.domain.entities.futures import ProductKey
from ibkr_sync.domain.history.recorded_history import RecordedEnd, ReplySpan
from ibkr_sync.infrastructure.repositories.local_repo.history.recorded_changes import (
    CONTRACT_COLUMNS,
    KEY,
)
from ibkr_sync.infrastructure.repositories.local_repo.products.mapping import LISTING_COLUMNS
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import (
    contracts,
    field_changes,
    products,
)

_ZONE_SLACK = timedelta(days=2)
"""A day ends up to 14 hours before it does in UTC, and up to 12 hours after; in an unknown zone
trading is taken to go on for a day more."""


def read_ends(
    connection: Connection,
    since: datetime,
    now: datetime,
    is_wanted: Sequence[ColumnElement[bool]],
) -> tuple[RecordedEnd, ...]:
    """Give contracts that may have ended since, or whose last trade date moved, by that date."""
    is_near = contracts.c.last_trade_date.between(
        (since - _ZONE_SLACK).date(), (now + _ZONE_SLACK).date()
    )
    change = field_changes.c
    moved = select(change.con_id).where(
        change.seen_at >= since, change.field == "last_trade_date", change.con_id.is_not(None)
    )
    statement = (
        select_contracts()
        .where(or_(is_near, contracts.c.con_id.in_(moved)))
        .where(contracts.c.delisted_at.is_(None))
        .where(*is_wanted)
        .order_by(contracts.c.last_trade_date, contracts.c.con_id)
    )
    return tuple(recorded_end(row) for row in connection.execute(statement))


def read_ends_within(
    connection: Connection, spans: Mapping[ProductKey, ReplySpan]
) -> tuple[RecordedEnd, ...]:
    """Give those of the products that a run got an answer for."""
    if not spans:
        return ()
    since = min(span.after for span in spans.values())
    until = max(span.until for span in spans.values())
    return tuple(end for end in read_ends(connection, since, until, []) if end.product in spans)


def select_contracts() -> Select[Any]:
    """Contracts as an end is made of them (see `recorded_end`)."""
    columns = {name: contracts.c[name] for name in (*CONTRACT_COLUMNS, *LISTING_COLUMNS)}
    seen = func.coalesce(contracts.c.last_seen_at, products.c.synced_at).label("last_seen_at")
    return select(
        *(columns | {"last_seen_at": seen}).values(),
        *(column.label(f"product_{column.name}") for column in KEY),
    ).join(products, products.c.id == contracts.c.product_id)


def recorded_end(row: Row[Any]) -> RecordedEnd:
    """A row of `select_contracts` as the end of a contract."""
    values = row._asdict()
    return RecordedEnd(
        product=ProductKey(*(values[f"product_{column.name}"] for column in KEY)),
        contract=FuturesContract(
            **{name: values[name] for name in CONTRACT_COLUMNS},
            listing=ContractListing(**{name: values[name] for name in LISTING_COLUMNS}),
        ),
    )
