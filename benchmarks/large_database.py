"""A database after three years of nightly runs, written in bulk: what `refresh` would have left."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.acquisition import EmptyDatabases, acquire
from benchmarks.gateway import replaying
from benchmarks.many_products import MOST_IN_FLIGHT
from benchmarks.recordings import wide_queries

NIGHTS = 3 * 365

_CHANGED_EVERY = 160
"""Nights between two changes of a contract: about seven in three years."""

_RUNS = """
WITH RECURSIVE night(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM night WHERE n < :nights)
INSERT INTO sync_runs (origin, kind, outcome, started_at, finished_at)
SELECT 'sample', 'refresh', 'ok',
       strftime('%Y-%m-%d 02:30:00.000000', :today, (n - :nights - 1) || ' days'),
       strftime('%Y-%m-%d 02:31:00.000000', :today, (n - :nights - 1) || ' days')
FROM night
"""

_HISTORY = (
    """
    INSERT INTO run_products (run_id, symbol, exchange, product_id, outcome, added, updated,
                              returned, missing, delisted, unchanged, at)
    SELECT run.id, product.symbol, product.exchange, product.id, 'unchanged', 0, 0, 0, 0, 0, 27,
           run.started_at
    FROM sync_runs AS run CROSS JOIN products AS product WHERE run.id <= :nights
    """,
    """
    INSERT INTO field_changes (run_id, product_id, con_id, field, old, new, seen_at)
    SELECT run.id, contract.product_id, contract.con_id, 'long_name',
           'Name ' || (run.id / :every), 'Name ' || (1 + run.id / :every), run.started_at
    FROM sync_runs AS run CROSS JOIN contracts AS contract
    WHERE run.id <= :nights AND (run.id + contract.con_id) % :every = 0
    """,
    """
    INSERT INTO hours_days (product_id, day, seen_at, trading_hours, liquid_hours, time_zone_id)
    SELECT product.id, date(run.started_at), run.started_at,
           strftime('%Y%m%d:0000-', run.started_at) || strftime('%Y%m%d:2300', run.started_at),
           strftime('%Y%m%d:0800-', run.started_at) || strftime('%Y%m%d:1600', run.started_at),
           'US/Central'
    FROM sync_runs AS run CROSS JOIN products AS product WHERE run.id <= :nights
    """,
    "UPDATE products SET first_seen_at = (SELECT min(started_at) FROM sync_runs)",
    """
    UPDATE contracts SET first_seen_at =
        (SELECT started_at FROM sync_runs WHERE id = 1 + contracts.con_id % :nights)
    """,
    """
    UPDATE field_changes SET seen_at =
        (SELECT first_seen_at FROM contracts WHERE contracts.con_id = field_changes.con_id)
    WHERE field = 'listing'
    """,
)


def build(folder: Path, products: int) -> Path:
    """Make a database of so many products with their chains, and `NIGHTS` nights of history.

    Raw replies are those of the last night only, as if older ones had been pruned.
    """
    now = datetime.now(UTC)
    file = EmptyDatabases(folder).next_file()
    values = {"nights": NIGHTS, "every": _CHANGED_EVERY, "today": f"{now - timedelta(days=1):%F}"}
    with closing(sqlite3.connect(file)) as database:
        database.execute(_RUNS, values)
        database.commit()
    with replaying(products=products) as port:
        queries = wide_queries(products, now.date())
        acquire(port, file, queries, requests_in_flight=MOST_IN_FLIGHT)
    with closing(sqlite3.connect(file)) as database:
        for statement in _HISTORY:
            database.execute(statement, values)
        database.commit()
    return file


def counts(file: Path) -> dict[str, int]:
    """How many rows the tables have that grow."""
    tables = ("products", "contracts", "field_changes", "run_products", "hours_days")
    with closing(sqlite3.connect(file)) as database:
        return {
            table: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
            for table in tables
        }
