"""A database as the first revision of the schema had it, filled with rows."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from sqlalchemy import func, insert, inspect, select
from sqlalchemy.engine import Connection, Row

from contracts import examples
from databases import dump
from fakes.clock import FakeClock
from ibkr_sync.domain.entities.futures import Origin
from ibkr_sync.domain.entities.market_rules import MarketRule, PriceIncrement
from ibkr_sync.domain.errors import ReplyTimeoutError
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.ports.pins import Pin
from ibkr_sync.domain.runs.future_update import FutureFailure
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.pins import LocalPins
from ibkr_sync.infrastructure.repositories.local_repo.schema import revision
from ibkr_sync.infrastructure.repositories.local_repo.schema import upgrading as schema
from ibkr_sync.infrastructure.repositories.local_repo.schema.revision import REVISIONS
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import metadata
from ibkr_sync.infrastructure.repositories.local_repo.schema.upgrading import upgrade
from integration.local_repo.products import NEW, OLD, repository, store

FIRST = REVISIONS[0]
TABLES = frozenset(
    (
        *("products", "contracts", "contract_schedules", "market_rules", "pins", "sync_runs"),
        *("market_rule_increments", "field_changes", "run_products", "raw_replies"),
    )
)
"""The tables of the first revision."""


def create(database: Database) -> dict[str, list[Row[Any]]]:
    """Make the database one of the first version, by its own migration.

    Gives the rows that it holds, as they are to be read once it is upgraded.
    """
    with _only_the_first_migration():
        upgrade(database)
    database.has_current_schema = False
    with Database(":memory:") as present:
        _fill(present)
        rows = dump(present)
    with database.write() as connection:
        for table in metadata.sorted_tables:
            if table.name in TABLES:
                _insert(connection, table, rows[table.name])
    return {name: kept if name in TABLES else [] for name, kept in rows.items()}


@contextmanager
def _only_the_first_migration() -> Iterator[None]:
    others = [f"rev_{each.rpartition('_')[2]}_*" for each in REVISIONS[1:]]
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        migrations = Path(folder) / "migrations"
        ignored = shutil.ignore_patterns("__pycache__", *others)
        shutil.copytree(schema.MIGRATIONS, migrations, ignore=ignored)
        patch.setattr(schema, "MIGRATIONS", migrations)
        patch.setattr(revision, "REVISIONS", (FIRST,))
        yield


def _fill(database: Database) -> None:
    clock = FakeClock()
    local = repository(database, clock)
    for product in (OLD, examples.CRUDE_OIL, NEW):
        clock.advance(days=1)
        with local.sync_run(Origin.IBKR) as run:
            store(local, product, run, clock)
            failure = FutureFailure(query=FutureQuery(symbol="X"), error=ReplyTimeoutError("idle"))
            local.record_failure(failure, run)
    step = PriceIncrement(low_edge=Decimal(0), increment=Decimal("0.25"))
    local.store_market_rules([MarketRule(market_rule_id=67, increments=(step,))])
    LocalPins(database, clock).pin(Pin(word="DAX", symbol="DAX", exchange="EUREX"))


def _insert(connection: Connection, table: Any, rows: list[Row[Any]]) -> None:
    """Insert rows as far as the table has their columns."""
    names = {each["name"] for each in inspect(connection).get_columns(table.name)}
    known = [column for column in table.c if column.name in names]
    values = [{each.name: getattr(row, each.name) for each in known} for row in rows]
    if not values:
        return
    connection.execute(insert(table), values)
    if connection.dialect.name == "postgresql" and "id" in names:
        newest = select(func.max(table.c.id)).scalar_subquery()
        sequence = func.pg_get_serial_sequence(table.name, "id")
        connection.execute(select(func.setval(sequence, newest)))
