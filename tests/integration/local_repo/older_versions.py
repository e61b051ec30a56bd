"""Databases as released versions left them: their own migrations, filled with their own rows.

`older_databases.json` holds for each revision the rows that the last version with that schema
wrote, as SQLite keeps them; bytes are `{"hex": …}`. `older_database_rows.py` adds those of today.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Connection

from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.schema import upgrading as schema
from ibkr_sync.infrastructure.repositories.local_repo.schema.revision import (
    APPLICATION_ID,
    REVISIONS,
)
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import metadata

DATA = Path(__file__).parents[2] / "data" / "older_databases.json"
_DATABASES: Mapping[str, Mapping[str, Any]] = json.loads(DATA.read_text())
OLDER = REVISIONS[:-1]
"""Every revision but the one of today, oldest first."""

SCHEDULES = "contract_schedules"
"""The table that held the hours of each contract, and now holds exceptions only."""

_SCHEDULES_OF_CONTRACTS = """
SELECT c.con_id, s.trading_hours, s.liquid_hours, s.time_zone_id
FROM contracts c JOIN products p ON p.id = c.product_id
LEFT JOIN contract_schedules e ON e.con_id = c.con_id
JOIN schedules s ON s.id = CASE WHEN e.con_id IS NULL THEN p.schedule_id ELSE e.schedule_id END
ORDER BY c.con_id
"""


def rows_of(revision: str) -> dict[str, list[dict[str, object]]]:
    """The rows of each table, by column, as the revision held them."""
    return {
        name: [dict(zip(table["columns"], map(_value, row), strict=True)) for row in table["rows"]]
        for name, table in _DATABASES[revision].items()
    }


def create(database: Database, revision: str) -> None:
    """Make a database that is empty one of an older revision, with that one's rows."""
    with _only_migrations_until(revision):
        database.create_file()
        with database.write(enforce_foreign_keys=False) as connection:
            if database.is_sqlite:
                connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
            schema.run_migrations(connection)
    with database.write(enforce_foreign_keys=False) as connection:
        if not database.is_sqlite:
            connection.exec_driver_sql("SET LOCAL TIME ZONE 'UTC'")
        filled = rows_of(revision)
        for table in metadata.sorted_tables:
            if filled.get(table.name):
                _insert(connection, table.name, filled[table.name])
    database.has_current_schema = False


def kept_rows(database: Database, revision: str) -> dict[str, list[dict[str, object]]]:
    """The rows of an upgraded SQLite database in the columns that the older revision had."""
    kept: dict[str, list[dict[str, object]]] = {}
    with database.read() as connection:
        for name, table in _DATABASES[revision].items():
            if name == SCHEDULES and "trading_hours" in table["columns"]:
                found = connection.exec_driver_sql(_SCHEDULES_OF_CONTRACTS)
                kept[name] = [dict(row) for row in found.mappings()]
                continue
            columns = ", ".join(table["columns"])
            found = connection.exec_driver_sql(f"SELECT {columns} FROM {name} ORDER BY rowid")  # noqa: S608 - names of our own data file
            kept[name] = [dict(row) for row in found.mappings()]
    return kept


@contextmanager
def _only_migrations_until(revision: str) -> Iterator[None]:
    later = REVISIONS[REVISIONS.index(revision) + 1 :]
    others = [f"rev_{text.rpartition('_')[2]}_*" for text in later]
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        migrations = Path(folder) / "migrations"
        ignored = shutil.ignore_patterns("__pycache__", *others)
        shutil.copytree(schema.MIGRATIONS, migrations, ignore=ignored)
        patch.setattr(schema, "MIGRATIONS", migrations)
        yield


def _insert(connection: Connection, table: str, rows: Sequence[dict[str, object]]) -> None:
    names = list(rows[0])
    places = ", ".join(f":{name}" for name in names)
    connection.execute(text(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})"), rows)  # noqa: S608 - names of our own data file
    if connection.dialect.name == "postgresql" and "id" in names:
        connection.exec_driver_sql(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"  # noqa: S608 - as above
        )


def _value(value: Any) -> object:
    return bytes.fromhex(value["hex"]) if isinstance(value, dict) else value
