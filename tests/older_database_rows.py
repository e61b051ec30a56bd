"""Keep rows of today's schema in tests/data/older_databases.json, before it becomes the older one.

python tests/older_database_rows.py

They are those of the revision before, upgraded, with one night more by the code of today.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Boolean, Table
from sqlalchemy.engine import Connection

from contracts.examples import DAX
from contracts.future_port import by_symbol
from fakes.catalogue import FakeCatalogue
from fakes.clock import FakeClock
from ibkr_sync.bootstrap.services import delivery_book
from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.entities.import_origin import ImportOrigin
from ibkr_sync.domain.entities.imported_delivery import ImportedRow
from ibkr_sync.domain.errors import ReplyTimeoutError
from ibkr_sync.domain.evidence.acquired_future import Evidence
from ibkr_sync.domain.runs.future_update import FutureFailure
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.deliveries import LocalDeliveries
from ibkr_sync.infrastructure.repositories.local_repo.repository import LocalFutureRepository
from ibkr_sync.infrastructure.repositories.local_repo.schema.revision import head_revision
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import metadata
from ibkr_sync.infrastructure.repositories.local_repo.schema.upgrading import upgrade
from integration.local_repo import older_versions
from integration.local_repo.products import NEW, store

NIGHT = datetime(2026, 11, 30, 12, tzinfo=UTC)
"""After all that happened in older databases."""


def rows_of_today() -> dict[str, dict[str, Any]]:
    """The columns and rows of each table, as `older_databases.json` has them."""
    with TemporaryDirectory() as folder, Database(Path(folder) / "today.db") as database:
        older_versions.create(database, older_versions.OLDER[-1])
        upgrade(database)
        _play_night(database, FakeClock(NIGHT))
        with database.read() as connection:
            return {table.name: _rows(connection, table) for table in metadata.sorted_tables}


def _rows(connection: Connection, table: Table) -> dict[str, Any]:
    found = connection.exec_driver_sql(f"SELECT * FROM {table.name} ORDER BY rowid")  # noqa: S608 - a name of our own
    columns = list(found.keys())
    flags = [isinstance(table.c[name].type, Boolean) for name in columns]
    return {
        "columns": columns,
        "rows": [list(map(_as_json, row, flags)) for row in found],
    }


def _play_night(database: Database, clock: FakeClock) -> None:
    local = LocalFutureRepository(
        database, Future, FakeCatalogue(), clock, deliveries=delivery_book
    )
    refused = Evidence(
        received_at=clock.now, server_version=187, client_version="9.81.1", frames=(b"?",)
    )
    failure = FutureFailure(query=by_symbol(DAX), error=ReplyTimeoutError("idle"))
    with local.sync_run(Origin.IBKR) as run:
        store(local, NEW, run, clock)
        local.record_failure(failure, run, refused)
    imported = ImportedRow(
        origin=ImportOrigin.EXCHANGE,
        source="import: calendar",
        con_id=NEW.contracts[0].con_id,
        dates={"first_position_date": date(2026, 12, 1)},
    )
    row = imported.on_product(None, None, clock.now.date())
    LocalDeliveries(database, delivery_book, clock).keep_imports([row])


def _as_json(value: object, is_flag: bool) -> object:
    if is_flag and value is not None:
        return bool(value)  # SQLite has numbers, which PostgreSQL takes for none
    return {"hex": value.hex()} if isinstance(value, bytes) else value


def main() -> None:
    """Add them under the revision that they are of."""
    databases = json.loads(older_versions.DATA.read_text())
    databases[head_revision()] = rows_of_today()
    text = json.dumps(databases, indent=0, separators=(",", ":"), ensure_ascii=False)
    older_versions.DATA.write_text(text)


if __name__ == "__main__":
    main()
