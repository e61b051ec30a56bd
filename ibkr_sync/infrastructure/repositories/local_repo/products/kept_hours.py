"""Hours of past and coming days, kept when the window that IBKR sends has rolled on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, bindparam, select
from sqlalchemy.engine import Connection

from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import Future, ProductKey
from ibkr_sync.domain.hours.hours_by_day import (
    DayHours,
    SentDay,
    days_of_new_hours,
    newly_said_days,
)
from ibkr_sync.domain.ports.kept_hours import KeptHours
from ibkr_sync.infrastructure.repositories.local_repo.database.bulk_writes import (
    bulk_batches,
    bulk_insert,
)
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.products.succession import (
    instant_of_succession,
)
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import hours_days, products
from ibkr_sync.infrastructure.repositories.local_repo.schema.upgrading import reading

_COLUMNS = ("product_id", "day", "seen_at", "trading_sessions", "liquid_sessions", "time_zone")
_ALL = select(hours_days).order_by(hours_days.c.seen_at)
_OF_A_WINDOW = _ALL.where(
    hours_days.c.product_id.in_(bindparam("product_ids", expanding=True)),
    hours_days.c.day.between(bindparam("first"), bindparam("last")),
)


class LocalKeptHours(KeptHours):
    """The hours by day in a SQLite or PostgreSQL database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def hours_by_day(self, key: ProductKey) -> dict[date, DayHours]:
        owner = select(products.c.id).where(
            products.c.symbol == key.symbol,
            products.c.exchange == key.exchange,
            products.c.trading_class == key.trading_class,
        )
        with reading(self._database) as connection:
            found, _ = _newest(connection.execute(_ALL.where(hours_days.c.product_id.in_(owner))))
        return dict(sorted(found.items()))


def keep_hours_by_day(
    connection: Connection,
    product_id: int,
    product: Future,
    before: Mapping[int, FuturesContract],
    now: datetime,
    *,
    is_new: bool,
) -> None:
    """Keep what the hours just received say of each day, unless it is kept already.

    `before` are the contracts as they were stored until then, by conId; of a product that
    `is_new` nothing is kept yet.
    """
    days = days_of_new_hours(product, before, now)
    if is_new:
        rows = _rows(product_id, newly_said_days(days, {}), None, now)
        bulk_insert(connection, hours_days, _COLUMNS, rows)
    else:
        keep_days(connection, {product_id: days}, now)


def keep_days(
    connection: Connection, said: Mapping[int, Mapping[date, DayHours]], now: datetime
) -> None:
    """Keep what was just said of days of stored products, by their ids, unless it is kept."""
    rows: list[tuple[object, ...]] = []
    for product_id, (kept, last) in _newest_of(connection, said).items():
        rows.extend(_rows(product_id, newly_said_days(said[product_id], kept), last, now))
    bulk_insert(connection, hours_days, _COLUMNS, rows)


def correct_hours_by_day(
    connection: Connection, product_id: int, days: Mapping[date, DayHours], now: datetime
) -> None:
    """Let what days say when replies are read again take the place of what is kept of them."""
    kept, last = _newest_of(connection, {product_id: days})[product_id]
    other = {day: hours for day, hours in days.items() if hours != kept.get(day)}
    bulk_insert(connection, hours_days, _COLUMNS, _rows(product_id, other, last, now))


def read_hours_by_day(connection: Connection, product_id: int) -> dict[date, DayHours]:
    """Give what is kept of each day of a product."""
    found, _ = _newest(connection.execute(_ALL.where(hours_days.c.product_id == product_id)))
    return found


def _rows(
    product_id: int, days: Mapping[date, DayHours], last: datetime | None, now: datetime
) -> Iterator[tuple[object, ...]]:
    """In the order of their columns; `last` is when the last that is kept was seen."""
    seen_at = now if last is None else instant_of_succession(last, now)
    for day, hours in days.items():
        yield (product_id, day, seen_at, hours.trading, hours.liquid, hours.time_zone)


def _newest_of(
    connection: Connection, said: Mapping[int, Mapping[date, DayHours]]
) -> dict[int, tuple[dict[date, DayHours], datetime | None]]:
    """What is kept of products, by their ids, from the first of all these days to the last."""
    days = [day for of_product in said.values() for day in of_product]
    rows: dict[int, list[Row[Any]]] = {product_id: [] for product_id in said}
    if days:
        first, last = min(days), max(days)
        for some in bulk_batches(sorted(said)):
            window = {"product_ids": some, "first": first, "last": last}
            for row in connection.execute(_OF_A_WINDOW, window):
                rows[row.product_id].append(row)
    return {product_id: _newest(of_product) for product_id, of_product in rows.items()}


def _newest(rows: Iterable[Row[Any]]) -> tuple[dict[date, DayHours], datetime | None]:
    """The hours that apply to each day, of rows as they were seen, and when the last was seen."""
    found: dict[date, DayHours] = {}
    last: datetime | None = None
    for row in rows:
        found[row.day] = _hours(row)
        last = row.seen_at
    return found, last


def _hours(row: Row[Any]) -> DayHours:
    if row.time_zone_id is None:
        return DayHours(
            trading=row.trading_sessions, liquid=row.liquid_sessions, time_zone=row.time_zone
        )
    return DayHours(
        sent=SentDay(
            trading=row.trading_hours, liquid=row.liquid_hours, time_zone_id=row.time_zone_id
        )
    )
