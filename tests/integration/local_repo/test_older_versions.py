"""A database of an older version is upgraded with all that it holds, and not used before."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from contracts.future_port import by_symbol
from databases import dump, refuse_damage
from fakes.clock import FakeClock
from fakes.hours import sent_hours
from ibkr_sync.bootstrap import bootstrap
from ibkr_sync.config.settings import GatewaySettings, ProfileSettings
from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.entities.schedules import HoursKind
from ibkr_sync.domain.errors import SchemaBehindError
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
from integration.local_repo import older_versions
from integration.local_repo.products import NEW, repository, store
from older_database_rows import rows_of_today

LISTING = (8, "listing")
"""Where history keeps that the contract went which replies lack in the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upgraded:
    """A database of an older version, and what its upgrade made of it.

    Attributes:
        revision: which it had.
        older: it, as a file that nobody has upgraded.
        path: it, upgraded.
        backup: what the upgrade kept.
        changed: from which revision, and to which.
    """

    revision: str
    older: Path
    path: Path
    backup: Path | None
    changed: tuple[str | None, str]


@pytest.fixture(scope="module", params=older_versions.OLDER)
def upgraded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Upgraded:
    folder = tmp_path_factory.mktemp("older")
    older, path = folder / "older.db", folder / "futures.db"
    with Database(older) as database:
        older_versions.create(database, request.param)
    shutil.copy(older, path)
    with Database(path) as database:
        done = upgrade(database)
    return Upgraded(
        revision=request.param,
        older=older,
        path=path,
        backup=done.backup,
        changed=(done.before, done.after),
    )


@pytest.fixture
def database(upgraded: Upgraded, tmp_path: Path) -> Iterator[Database]:
    """The upgraded file, of one's own."""
    with Database(Path(shutil.copy(upgraded.path, tmp_path / "futures.db"))) as database:
        yield database


def refuse_use(database: Database, revision: str) -> None:
    assert schema_status(database) == SchemaStatus(current=revision, head=head_revision())
    for attempt in (reading, writing):
        with pytest.raises(SchemaBehindError, match=revision), attempt(database):
            pass
    with (
        pytest.raises(SchemaBehindError),
        repository(database, FakeClock()).sync_run(Origin.IBKR),
    ):
        pass


def refuse_another_schema(database: Database) -> None:
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def go_on(database: Database) -> None:
    before = dump(database)
    clock = FakeClock()
    clock.advance(days=10)
    local = repository(database, clock)
    with local.sync_run(Origin.IBKR) as run:
        store(local, NEW, run, clock)
    after = dump(database)
    for table in ("sync_runs", "field_changes"):
        assert after[table][: len(before[table])] == before[table]
    listed = [
        change.new for change in after["field_changes"] if (change.con_id, change.field) == LISTING
    ]
    assert listed == ["listed", "missing", "delisted"]
    assert len(local.get_by_symbol(by_symbol(NEW)).contracts) == 9


def test_it_is_refused_until_it_is_upgraded(upgraded: Upgraded) -> None:
    with Database(upgraded.older) as database:
        refuse_use(database, upgraded.revision)


def test_an_upgrade_makes_the_schema_of_today(upgraded: Upgraded, database: Database) -> None:
    assert upgraded.changed == (upgraded.revision, head_revision())
    refuse_another_schema(database)
    refuse_damage(upgraded.path)


def test_an_upgrade_keeps_every_row(upgraded: Upgraded, database: Database) -> None:
    revision = upgraded.revision
    kept, rows = older_versions.kept_rows(database, revision), older_versions.rows_of(revision)
    for row in rows[older_versions.SCHEDULES]:
        row.pop("observed_at", None)  # until contracts shared their hours
    rows[older_versions.SCHEDULES].sort(key=lambda row: str(row["con_id"]).zfill(9))
    assert kept == rows


def test_hours_that_many_contracts_share_are_kept_once(
    upgraded: Upgraded, database: Database
) -> None:
    rows = dump(database)
    hours = [tuple(row)[2:] for row in rows["schedules"]]
    assert len(set(hours)) == len(hours) < len(rows["contracts"])
    before = older_versions.rows_of(upgraded.revision).get("schedules", [])
    read_before = [row for row in before if row["trading_sessions"] is not None]
    read = [row for row in rows["schedules"] if row.trading_sessions is not None]
    assert len(read) == len(read_before), "a migration parses none"


def test_a_file_is_backed_up_before_as_it_was(upgraded: Upgraded) -> None:
    assert upgraded.backup is not None
    refuse_damage(upgraded.backup)
    with Database(upgraded.backup) as older:
        assert schema_status(older).current == upgraded.revision


def test_it_goes_on_where_it_was(database: Database) -> None:
    go_on(database)


def test_on_a_server_all_goes_as_with_a_file(
    upgraded: Upgraded, database: Database, postgres_url: str
) -> None:
    with Database(postgres_url) as server:
        older_versions.create(server, upgraded.revision)
        refuse_use(server, upgraded.revision)
        done = upgrade(server)
        assert (done.before, done.after) == upgraded.changed
        refuse_another_schema(server)
        assert dump(server) == dump(database)
        assert dump(server)["contracts"]
        go_on(server)


def test_rows_of_today_can_be_kept_for_the_next_migration() -> None:
    kept = rows_of_today()
    assert kept.keys() == {table.name for table in metadata.sorted_tables}
    assert [name for name, table in kept.items() if not table["rows"]] == []


def test_hours_are_read_when_asked_for_until_they_are_stored_read(
    upgraded: Upgraded, tmp_path: Path
) -> None:
    path = Path(shutil.copy(upgraded.path, tmp_path / "futures.db"))
    clock = FakeClock(datetime(2026, 11, 24, 12, tzinfo=UTC))
    profile = ProfileSettings(
        source="local", replay=None, database=str(path), gateway=GatewaySettings()
    )
    with bootstrap(profile, Future, clock=clock) as services:
        product = services.futures.show(by_symbol(NEW))
        for contract in product.contracts:
            assert contract.schedule is not None
            assert contract.schedule.trading_sessions
        if upgraded.revision != older_versions.OLDER[0]:  # the first kept no hours by day
            for day, count in ((date(2026, 11, 24), 1), (date(2026, 11, 25), 1)):
                found = services.past_hours.on(product, day, HoursKind.TRADING, clock.now)
                assert len(found.entries) == count
    with Database(path) as database:
        local = repository(database, clock)
        rolled = tuple(
            dataclasses.replace(other, schedule=sent_hours("20261201:CLOSED;20261202:CLOSED"))
            for other in NEW.contracts
        )
        clock.advance(days=7)
        with local.sync_run(Origin.IBKR) as run:
            store(local, dataclasses.replace(NEW, contracts=rolled), run, clock)
        by_id = {row.id: row for row in dump(database)["schedules"]}
        (used,) = {
            row.schedule_id for row in dump(database)["products"] if row.symbol == NEW.symbol
        }
    assert by_id[used].trading_sessions is not None
