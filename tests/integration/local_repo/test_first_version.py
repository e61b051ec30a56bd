"""A database of the first version is upgraded with all that it holds, and not used before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from databases import dump, refuse_damage
from fakes.clock import FakeClock
from ibkr_sync.domain.entities.futures import Origin
from ibkr_sync.domain.errors import SchemaBehindError
from ibkr_sync.domain.runs.sync_policy import RunKind
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.schema.revision import (
    SchemaStatus,
    head_revision,
)
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import metadata
from ibkr_sync.infrastructure.repositories.local_repo.schema.upgrading import (
    reading,
    schema_status,
    upgrade,
    writing,
)
from integration.local_repo import first_version
from integration.local_repo.products import NEW, repository, store


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    is_postgres = request.param == "postgres"
    location = request.getfixturevalue("postgres_url") if is_postgres else tmp_path / "futures.db"
    with Database(location) as database:
        yield database


def tables_of(database: Database) -> set[str]:
    with database.read() as connection:
        return set(inspect(connection).get_table_names())


def test_it_is_refused_until_it_is_upgraded(database: Database) -> None:
    first_version.create(database)
    assert tables_of(database) == first_version.TABLES | {"alembic_version"}
    status = schema_status(database)
    assert status == SchemaStatus(current=first_version.FIRST, head=head_revision())
    for attempt in (reading, writing):
        with pytest.raises(SchemaBehindError, match=first_version.FIRST), attempt(database):
            pass
    with (
        pytest.raises(SchemaBehindError),
        repository(database, FakeClock()).sync_run(Origin.IBKR),
    ):
        pass


def test_an_upgrade_keeps_every_row_and_makes_the_schema_of_today(database: Database) -> None:
    rows = first_version.create(database)
    done = upgrade(database)
    assert (done.before, done.after) == (first_version.FIRST, head_revision())
    assert dump(database) == rows
    assert {name for name, kept in rows.items() if kept} == first_version.TABLES
    assert {row.kind for row in rows["sync_runs"]} == {RunKind.GET}
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    if database.path is not None:
        refuse_damage(database.path)


def test_a_file_is_backed_up_before_as_it_was(tmp_path: Path) -> None:
    with Database(tmp_path / "futures.db") as database:
        first_version.create(database)
        backup = upgrade(database).backup
    assert backup is not None
    refuse_damage(backup)
    with Database(backup) as older:
        assert schema_status(older).current == first_version.FIRST
        assert tables_of(older) == first_version.TABLES | {"alembic_version"}


def test_it_goes_on_where_it_was(database: Database) -> None:
    rows = first_version.create(database)
    upgrade(database)
    clock = FakeClock()
    clock.advance(days=10)
    local = repository(database, clock)
    with local.sync_run(Origin.IBKR) as run:
        store(local, NEW, run, clock)
    after = dump(database)
    for table in ("sync_runs", "field_changes"):
        assert after[table][: len(rows[table])] == rows[table]
        assert len(after[table]) == len(rows[table]) + 1
    assert after["field_changes"][-1].new == "delisted"
