"""The schema: one truth, moved forward safely, never backward."""

from __future__ import annotations

import itertools
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection

from databases import dump, failing_at, fingerprints, refuse_damage
from fakes.clock import FakeClock
from ibkr_sync.domain.entities.futures import Origin
from ibkr_sync.domain.errors import (
    DatabaseUnavailableError,
    ForeignDatabaseError,
    SchemaBehindError,
    SchemaNewerError,
    StorageError,
)
from ibkr_sync.infrastructure.repositories.local_repo.database.backup import back_up
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.schema import revision
from ibkr_sync.infrastructure.repositories.local_repo.schema import upgrading as schema
from ibkr_sync.infrastructure.repositories.local_repo.schema.revision import (
    REVISIONS,
    SchemaStatus,
    head_revision,
)
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import metadata
from ibkr_sync.infrastructure.repositories.local_repo.schema.upgrading import (
    SchemaUpgrade,
    reading,
    schema_status,
    upgrade,
    writing,
)
from ibkr_sync.infrastructure.repositories.local_repo.schema.views.creation import VIEW_NAMES
from integration.local_repo.products import OLD, repository, store

LATER = "ibkr_sync_9999"
LATER_MIGRATION = f"""
import sqlalchemy as sa
from alembic import op

revision = "{LATER}"
down_revision = "{REVISIONS[-1]}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("products", sa.Column("motto", sa.Text()))
    with op.batch_alter_table("contracts") as batch:
        batch.add_column(sa.Column("colour", sa.Text(), server_default="grey", nullable=False))
        batch.alter_column("market_name", new_column_name="market")
"""


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    is_postgres = request.param == "postgres"
    location = request.getfixturevalue("postgres_url") if is_postgres else tmp_path / "futures.db"
    with Database(location) as database:
        yield database


@pytest.fixture
def file_database(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "futures.db") as database:
        yield database


@pytest.fixture
def later_version(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], None]:
    """Make this a version of the program with one migration more."""
    migrations = tmp_path_factory.mktemp("later") / "migrations"
    shutil.copytree(schema.MIGRATIONS, migrations)
    (migrations / "versions" / "rev_9999_later.py").write_text(LATER_MIGRATION)

    def become() -> None:
        monkeypatch.setattr(schema, "MIGRATIONS", migrations)
        monkeypatch.setattr(revision, "REVISIONS", (*REVISIONS, LATER))

    return become


def fill(database: Database) -> None:
    clock = FakeClock()
    local = repository(database, clock)
    with local.sync_run(Origin.IBKR) as run:
        store(local, OLD, run, clock)


def set_revision(database: Database, stored: str) -> None:
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": stored})
    database.has_current_schema = False


# --- one truth


def test_the_revisions_are_those_of_the_migrations() -> None:
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(config)
    newest_first = [script.revision for script in scripts.walk_revisions()]
    assert tuple(reversed(newest_first)) == REVISIONS
    assert scripts.get_current_head() == head_revision()


def test_the_migrations_make_what_the_tables_say(database: Database) -> None:
    upgrade(database)
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_a_database_in_memory_has_the_schema_that_migrations_make(
    file_database: Database,
) -> None:
    upgrade(file_database)
    with Database(":memory:") as in_memory:
        with writing(in_memory) as connection:
            made_at_once = described(connection)
        with file_database.read() as connection:
            assert described(connection) == made_at_once
        assert schema_status(in_memory).is_current


def described(connection: Connection) -> dict[str, Any]:
    """What a schema consists of, in an order of its own."""
    inspector = inspect(connection)
    views = {name: inspector.get_view_definition(name) for name in inspector.get_view_names()}
    assert views.keys() == set(VIEW_NAMES)

    def ordered(items: list[Any]) -> list[str]:
        return sorted(repr(sorted(item.items(), key=str)) for item in items)

    return views | {
        table: (
            [(column["name"], str(column["type"]), column["nullable"]) for column in columns],
            inspector.get_pk_constraint(table),
            ordered(inspector.get_foreign_keys(table)),
            ordered(inspector.get_unique_constraints(table)),
            ordered(inspector.get_check_constraints(table)),
            ordered([_with_condition_as_text(index) for index in inspector.get_indexes(table)]),
        )
        for table in inspector.get_table_names()
        for columns in [inspector.get_columns(table)]
    }


def _with_condition_as_text(index: Any) -> dict[str, Any]:
    """An index as it is reflected, in which a condition is an object of its own."""
    options = {name: str(value) for name, value in index.get("dialect_options", {}).items()}
    return {**index, "dialect_options": options}


def test_an_upgrade_keeps_who_may_read_a_view_and_what_others_built_on_it(
    postgres_url: str, later_version: Callable[[], None]
) -> None:
    with Database(postgres_url) as database:
        fill(database)
        with database.write() as connection:
            connection.execute(text("GRANT SELECT ON v_products TO PUBLIC"))
            connection.execute(text("CREATE VIEW own AS SELECT symbol FROM v_products"))
        later_version()
        upgrade(database)
        with database.read() as connection:
            granted = connection.execute(
                text("SELECT has_table_privilege('pg_monitor', 'v_products', 'SELECT')")
            )
            assert granted.scalar_one()
            assert connection.execute(text("SELECT symbol FROM own")).scalars().all()


def test_the_migrations_ship_inside_the_package() -> None:
    assert schema.MIGRATIONS.parent == Path(schema.__file__).parent
    assert {path.name for path in schema.MIGRATIONS.iterdir()} >= {"env.py", "versions"}


# --- status and upgrade


def test_what_is_empty_is_reported_and_upgraded(database: Database) -> None:
    assert schema_status(database) == SchemaStatus(current=None, head=head_revision())
    assert upgrade(database) == SchemaUpgrade(before=None, after=head_revision(), backup=None)
    assert schema_status(database).is_current


def test_saying_the_status_creates_nothing(file_database: Database, tmp_path: Path) -> None:
    schema_status(file_database)
    assert list(tmp_path.iterdir()) == []


def test_one_blank_schema_stands_in_for_a_database_that_is_not_there(
    file_database: Database,
) -> None:
    with reading(file_database) as connection:
        blank = connection.engine
    with reading(file_database) as connection:
        assert connection.engine is blank
    file_database.close()
    with writing(file_database):
        pass
    with reading(file_database) as connection:
        assert connection.engine is not blank


def test_upgrading_what_is_current_changes_nothing(database: Database) -> None:
    fill(database)
    before = dump(database)
    done = upgrade(database)
    assert done == SchemaUpgrade(before=head_revision(), after=head_revision(), backup=None)
    assert dump(database) == before


def test_an_older_schema_asks_for_an_upgrade(
    database: Database, later_version: Callable[[], None]
) -> None:
    fill(database)
    database.has_current_schema = False
    later_version()
    assert schema_status(database) == SchemaStatus(current=REVISIONS[-1], head=LATER)
    for attempt in (reading, writing):
        with pytest.raises(SchemaBehindError, match=REVISIONS[-1]), attempt(database):
            pass
    with (
        pytest.raises(SchemaBehindError),
        repository(database, FakeClock()).sync_run(Origin.IBKR),
    ):
        pass


def test_a_newer_schema_is_refused_untouched(file_database: Database, tmp_path: Path) -> None:
    fill(file_database)
    set_revision(file_database, LATER)
    file_database.close()
    before = fingerprints(tmp_path)
    for attempt in (reading, writing):
        with pytest.raises(SchemaNewerError, match=LATER), attempt(file_database):
            pass
    with pytest.raises(SchemaNewerError):
        upgrade(file_database)
    file_database.close()
    assert fingerprints(tmp_path) == before


def test_a_newer_schema_on_a_server_is_refused(postgres_url: str) -> None:
    with Database(postgres_url) as database:
        fill(database)
        set_revision(database, LATER)
        for attempt in (reading, writing):
            with pytest.raises(SchemaNewerError, match=LATER), attempt(database):
                pass


@pytest.mark.parametrize("stored", ["DELETE FROM alembic_version", "DROP TABLE alembic_version"])
def test_a_schema_without_revision_is_not_taken_for_ours(database: Database, stored: str) -> None:
    fill(database)
    with database.write() as connection:
        connection.execute(text(stored))
    database.has_current_schema = False
    with pytest.raises(ForeignDatabaseError):
        schema_status(database)


def test_an_upgrade_keeps_every_row(database: Database, later_version: Callable[[], None]) -> None:
    fill(database)
    before = dump(database)
    later_version()
    done = upgrade(database)
    assert (done.before, done.after) == (REVISIONS[-1], LATER)
    assert schema_status(database).is_current
    assert dump_without(database, "contracts") == {
        name: rows for name, rows in before.items() if name != "contracts"
    }
    with database.read() as connection:
        colours = connection.execute(text("SELECT DISTINCT colour FROM contracts")).scalars()
        assert list(colours) == ["grey"]
        count = connection.execute(text("SELECT count(*) FROM contracts")).scalar_one()
        assert count == len(OLD.contracts)
    if database.path is not None:
        refuse_damage(database.path)


def dump_without(database: Database, table: str) -> dict[str, list[Any]]:
    database.has_current_schema = True
    wanted = [other for other in metadata.sorted_tables if other.name != table]
    with database.read() as connection:
        return {
            other.name: list(connection.execute(other.select().order_by(*other.primary_key)))
            for other in wanted
        }


def test_an_upgrade_backs_the_file_up_first(
    file_database: Database, later_version: Callable[[], None]
) -> None:
    fill(file_database)
    before = dump(file_database)
    later_version()
    backup = upgrade(file_database).backup
    assert backup is not None
    assert file_database.path is not None
    assert backup.parent == file_database.path.parent
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    refuse_damage(backup)
    assert dump_of_older(backup) == before


def dump_of_older(path: Path) -> dict[str, list[Any]]:
    with Database(path) as older:
        older.has_current_schema = True
        return dump(older)


def test_an_upgrade_that_fails_at_any_statement_changes_nothing_and_names_the_backup(
    database: Database, later_version: Callable[[], None]
) -> None:
    fill(database)
    before = dump(database)
    later_version()
    failures = 0
    for step in itertools.count(1):
        with failing_at(step):
            refusal = attempt_upgrade(database)
        if refusal is None:
            break
        failures += 1
        assert schema_status(database).current == REVISIONS[-1]
        database.has_current_schema = True
        assert dump(database) == before
        if database.path is not None:
            refuse_damage(database.path)
            for backup in database.path.parent.glob("*.backup"):
                assert str(backup) in refusal.detail
                backup.unlink()
    assert failures > 8
    assert schema_status(database).is_current


def attempt_upgrade(database: Database) -> StorageError | None:
    try:
        upgrade(database)
    except StorageError as error:
        return error
    return None


@pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgres", marks=pytest.mark.faults)], indirect=True
)
def test_a_creation_that_fails_at_any_statement_leaves_an_empty_database(
    database: Database,
) -> None:
    for step in itertools.count(1):
        with failing_at(step):
            refusal = attempt_upgrade(database)
        if refusal is None:
            break
        assert schema_status(database).is_empty
    assert step > 20
    assert repository(database, FakeClock()).list_products() == ()


def create(location: str, start: Any, results: Any) -> None:
    start.wait()
    try:
        with Database(location) as database, writing(database):
            results.put("ok")
    except StorageError as error:
        results.put(repr(error))


@pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgres", marks=pytest.mark.faults)], indirect=True
)
def test_processes_that_create_one_database_at_once_all_succeed(
    database: Database, processes: ForkServerContext
) -> None:
    results, start = processes.Queue(), processes.Barrier(4)
    url = database.location.url
    location = str(database.path) if url is None else url.render_as_string(hide_password=False)
    creators = [processes.Process(target=create, args=(location, start, results)) for _ in range(4)]
    for creator in creators:
        creator.start()
    answers = [results.get(timeout=60) for _ in creators]
    for creator in creators:
        creator.join()
    assert answers == ["ok"] * len(creators)
    assert schema_status(database).is_current


# --- backups


def test_a_backup_is_one_private_sound_file(file_database: Database, tmp_path: Path) -> None:
    fill(file_database)
    target = tmp_path / "copies" / "copy.db"
    target.parent.mkdir()
    with writing(file_database):
        back_up(file_database, target)  # while another writes
    assert [path.name for path in target.parent.iterdir()] == ["copy.db"]
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    refuse_damage(target)
    with Database(target) as copy:
        assert dump(copy) == dump(file_database)


def test_a_backup_never_overwrites(file_database: Database, tmp_path: Path) -> None:
    fill(file_database)
    target = tmp_path / "precious"
    target.write_text("precious")
    with pytest.raises(DatabaseUnavailableError, match="precious"):
        back_up(file_database, target)
    assert target.read_text() == "precious"


def test_a_backup_that_can_not_be_made_leaves_no_file(
    file_database: Database, tmp_path: Path
) -> None:
    fill(file_database)
    file_database.close()
    path = tmp_path / "futures.db"
    damaged = bytearray(path.read_bytes())
    for page in range(2, len(damaged) // 4096):
        damaged[page * 4096 : page * 4096 + 200] = b"\xff" * 200
    path.write_bytes(damaged)
    with pytest.raises(StorageError, match=r"damaged|make no sense"):
        back_up(file_database, tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()
    assert path.read_bytes() == bytes(damaged)


def test_there_is_nothing_to_back_up_in_memory_or_before_the_first_write(
    file_database: Database, tmp_path: Path
) -> None:
    with Database(":memory:") as in_memory:
        for database in (in_memory, file_database):
            with pytest.raises(DatabaseUnavailableError):
                back_up(database, tmp_path / "copy.db")
    assert list(tmp_path.iterdir()) == []


# --- what is not paid for


def test_a_current_database_is_used_without_alembic_and_without_the_orm(
    file_database: Database,
) -> None:
    fill(file_database)
    file_database.close()
    program = (
        "import sys\n"
        "from integration.local_repo.products import *\n"
        "from fakes.clock import FakeClock\n"
        "from ibkr_sync.domain.entities.futures import Origin\n"
        "clock = FakeClock()\n"
        "with Database(sys.argv[1]) as database:\n"
        "    local = repository(database, clock)\n"
        "    local.get_by_symbol(by_symbol(OLD))\n"
        "    with local.sync_run(Origin.IBKR) as run:\n"
        "        store(local, NEW, run, clock)\n"
        "unwanted = {'alembic', 'sqlalchemy.orm', 'psycopg'} & sys.modules.keys()\n"
        "sys.exit(', '.join(unwanted) or 0)\n"
    )
    result = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program, str(file_database.path)],
        env={"PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (result.returncode, result.stderr) == (0, "")
