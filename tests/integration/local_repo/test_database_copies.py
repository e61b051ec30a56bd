"""Whole databases: copied, backed up and restored, at once or not at all."""

from __future__ import annotations

import itertools
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from databases import dump, failing_at, refuse_damage
from fakes.clock import FakeClock
from ibkr_sync.domain.databases.table_contents import TableContents
from ibkr_sync.domain.entities.futures import Origin
from ibkr_sync.domain.errors import (
    AlreadyRunningError,
    BackupUnusableError,
    DatabaseFilledError,
    DatabaseLockedError,
    DatabaseUnavailableError,
    ForeignDatabaseError,
    SampleDataError,
    SchemaBehindError,
    SchemaNewerError,
    StorageError,
)
from ibkr_sync.domain.ports.pins import Pin
from ibkr_sync.infrastructure.repositories.local_repo.copies.database_backup import (
    back_up_database,
)
from ibkr_sync.infrastructure.repositories.local_repo.copies.database_copy import (
    copy_database,
    is_filled,
)
from ibkr_sync.infrastructure.repositories.local_repo.copies.database_restore import (
    DatabaseRestore,
    restore_database,
)
from ibkr_sync.infrastructure.repositories.local_repo.copies.staging_folder import staging_folder
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.database.lock import run_lock
from ibkr_sync.infrastructure.repositories.local_repo.pins import LocalPins
from ibkr_sync.infrastructure.repositories.local_repo.schema.revision import REVISIONS
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import (
    alembic_version,
    products,
    sync_runs,
    watchlist,
)
from ibkr_sync.infrastructure.repositories.local_repo.schema.upgrading import upgrade, writing
from integration.local_repo import older_versions
from integration.local_repo.products import NEW, OLD, repository, store

WORDS = ("É", "a", "B", "Z", "ß", "_", "É2")
"""Which a server sorts by a language, and SQLite by their bytes."""


def quiet(_done: int, _total: int) -> None:
    """Show no progress."""


def fill(database: Database) -> None:
    """A product that changed, raw replies, runs, and what the user keeps."""
    clock = FakeClock()
    local = repository(database, clock)
    for product in (OLD, NEW):
        with local.sync_run(Origin.IBKR) as run:
            store(local, product, run, clock)
        clock.advance(hours=24)
    own = LocalPins(database, clock)
    for word in WORDS:
        own.pin(Pin(word=word, symbol="ES", exchange="CME", multiplier=Decimal("0.050")))


def copied(source: Database, target: Database) -> tuple[TableContents, ...]:
    return copy_database(source, target, takes_sample_data=True, on_progress=quiet)


def restored(backup: Path, database: Database, days: int = 0) -> DatabaseRestore:
    with Database(backup) as found:
        now = FakeClock().now + timedelta(days=days)
        return restore_database(found, database, now, takes_sample_data=True, on_progress=quiet)


@pytest.fixture
def source(sqlite_tables_path: Path) -> Iterator[Database]:
    with Database(sqlite_tables_path) as database:
        fill(database)
        yield database


@pytest.fixture(params=["sqlite", "postgres"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    is_postgres = request.param == "postgres"
    location = request.getfixturevalue("postgres_url") if is_postgres else tmp_path / "empty.db"
    with Database(location) as database:
        yield database


@pytest.fixture
def server(postgres_database: Database) -> Database:
    return postgres_database


def test_a_copy_there_and_back_is_equal_and_takes_new_rows(
    source: Database, server: Database, tmp_path: Path
) -> None:
    seen: list[tuple[int, int]] = []
    there = copy_database(
        source, server, takes_sample_data=True, on_progress=lambda *rows: seen.append(rows)
    )
    with Database(tmp_path / "back.db") as back:
        assert copied(server, back) == there
        assert dump(source) == dump(server) == dump(back)
        for database in (server, back):
            with writing(database) as connection:
                highest = max(connection.execute(select(sync_runs.c.id)).scalars())
                row = {"symbol": "CL", "added_at": FakeClock().now}
                connection.execute(insert(watchlist).values(row))
            with repository(database, FakeClock()).sync_run(Origin.IBKR) as run:
                assert run.run_id == highest + 1

    rows = {table.table: table.rows for table in there}
    assert (rows["products"], rows["contracts"], rows["raw_replies"]) == (1, 9, 2)
    assert rows["pins"] == len(WORDS)
    assert seen[-1] == (2 * sum(rows.values()),) * 2
    assert stat.S_IMODE((tmp_path / "back.db").stat().st_mode) == 0o600


def test_what_is_cut_short_leaves_an_empty_target_and_can_be_begun_again(
    source: Database, empty: Database
) -> None:
    attempts = 0
    for step in itertools.count(10, 23):
        try:
            with failing_at(step):
                copied(source, empty)
        except StorageError:
            pass
        else:
            break
        attempts += 1
        empty.close()
        empty.has_current_schema = False
        assert not is_filled(empty)

    assert attempts > 3
    assert dump(empty) == dump(source)


def test_a_target_that_holds_anything_is_not_touched(source: Database, tmp_path: Path) -> None:
    for name, make, error in (
        ("own.db", upgrade, None),
        ("filled.db", fill, DatabaseFilledError),
        ("older.db", lambda database: older_versions.create(database, REVISIONS[0]), None),
        ("foreign.db", _write_foreign, ForeignDatabaseError),
    ):
        with Database(tmp_path / name) as target:
            make(target)
            if name == "own.db":  # empty tables are no rows
                copied(source, target)
                continue
            target.close()
            before = (tmp_path / name).read_bytes()
            with pytest.raises(error or DatabaseFilledError):
                copied(source, target)
            target.close()
            assert (tmp_path / name).read_bytes() == before
            assert not (tmp_path / f"{name}.lock").exists() or name == "filled.db"
    with pytest.raises(DatabaseFilledError):
        copied(source, source)


def _write_foreign(database: Database) -> None:
    assert database.path is not None
    with closing(sqlite3.connect(database.path)) as connection:
        connection.execute("CREATE TABLE theirs (it)")


def test_a_copy_waits_for_no_run_and_lets_none_begin_in_the_target(
    source: Database, empty: Database
) -> None:
    with run_lock(empty), pytest.raises(AlreadyRunningError):
        copied(source, empty)
    with run_lock(source):
        assert copied(source, empty)


def test_what_can_not_be_copied_is_refused(source: Database, tmp_path: Path) -> None:
    with Database(tmp_path / "nothing.db") as nothing, Database(tmp_path / "to.db") as target:
        with pytest.raises(DatabaseUnavailableError, match="nothing in it"):
            copied(nothing, target)
        with writing(source) as connection:
            connection.execute(update(products).values(origin=Origin.SAMPLE))
        with pytest.raises(SampleDataError):
            copy_database(source, target, takes_sample_data=False, on_progress=quiet)
        assert not list(tmp_path.glob("to.db*"))
        with writing(source) as connection:
            connection.exec_driver_sql("UPDATE products SET origin = 'a planet'")
        with pytest.raises(StorageError, match="a planet"):
            copied(source, target)
        assert not is_filled(target)
    with Database(tmp_path / "older.db") as older, Database(tmp_path / "to.db") as target:
        older_versions.create(older, REVISIONS[-2])
        with pytest.raises(SchemaBehindError):
            copied(older, target)
        with pytest.raises(SchemaBehindError):
            back_up_database(older, tmp_path / "no.db", on_progress=quiet)
    assert not (tmp_path / "no.db").exists()


def test_a_backup_is_one_private_file_that_appears_when_it_is_whole(
    source: Database, server: Database, tmp_path: Path
) -> None:
    contents = copied(source, server)
    folder = tmp_path / "backups"
    folder.mkdir()
    backup = folder / "futures.db"
    killed = folder / ".ibkr-sync-copy.ab12cd34"
    killed.mkdir()
    (killed / "lock").touch()
    with staging_folder(backup) as used, staging_folder(backup):
        assert [used.is_dir(), killed.exists()] == [True, False]
    for database in (source, server):
        backup.write_text("the last one")
        with failing_at(20), pytest.raises(StorageError):
            back_up_database(database, backup, on_progress=quiet)
        assert backup.read_text() == "the last one"
        with run_lock(database):
            assert back_up_database(database, backup, on_progress=quiet) == contents
        assert [path.name for path in folder.iterdir()] == ["futures.db"]
        assert stat.S_IMODE(backup.stat().st_mode) == 0o600
        refuse_damage(backup)
        with Database(backup) as copy:
            assert dump(copy) == dump(source)
            copy.close()
            (folder / "futures.db.lock").unlink(missing_ok=True)


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_restore_replaces_all_and_keeps_what_was_there(
    source: Database, request: pytest.FixtureRequest, kind: str, tmp_path: Path
) -> None:
    database = request.getfixturevalue("server") if kind == "postgres" else source
    if database is not source:
        copied(source, database)
    backup = tmp_path / "backup.db"
    contents = back_up_database(database, backup, on_progress=quiet)
    before = dump(database)
    LocalPins(database, FakeClock()).unpin(WORDS[0])
    after = dump(database)

    done = restored(backup, database)

    assert done.contents == contents
    assert done.kept is not None
    assert done.kept.parent == tmp_path
    assert dump(database) == before
    with Database(done.kept) as kept:
        assert dump(kept) == after
    assert restored(done.kept, database, days=1).kept is not None
    assert dump(database) == after
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_what_is_written_during_a_restore_is_kept_or_refused(
    source: Database, request: pytest.FixtureRequest, kind: str, tmp_path: Path
) -> None:
    """Pins and the watchlist are written beside a run, and so beside a restore."""
    database = request.getfixturevalue("server") if kind == "postgres" else source
    if database is not source:
        copied(source, database)
    backup = tmp_path / "backup.db"
    back_up_database(database, backup, on_progress=quiet)
    place = database.path or request.getfixturevalue("postgres_tables_url")
    accepted, refused = set(WORDS), set()

    def pin(done: int, _total: int) -> None:
        with Database(place, busy_timeout=timedelta(milliseconds=20)) as other:
            try:
                LocalPins(other, FakeClock()).pin(Pin(word=f"P{done}", symbol="ES", exchange="CME"))
                accepted.add(f"P{done}")
            except DatabaseLockedError:
                refused.add(done)

    with Database(backup) as found:
        done = restore_database(
            found, database, FakeClock().now, takes_sample_data=True, on_progress=pin
        )

    assert done.kept is not None
    with Database(done.kept) as kept:
        assert {pin.word for pin in LocalPins(kept, FakeClock()).all_pins()} == accepted
    assert bool(refused) is (kind == "postgres")


def test_what_was_empty_is_not_replaced_once_it_is_filled(
    source: Database, empty: Database, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    backup = tmp_path / "backup.db"
    back_up_database(source, backup, on_progress=quiet)
    place = empty.path or request.getfixturevalue("postgres_url")

    def pin(done: int, total: int) -> None:
        if done == total:
            with Database(place) as other:
                LocalPins(other, FakeClock()).pin(Pin(word="P", symbol="ES", exchange="CME"))

    with Database(backup) as found, pytest.raises(StorageError, match="written meanwhile"):
        restore_database(found, empty, FakeClock().now, takes_sample_data=True, on_progress=pin)
    assert [pin.word for pin in LocalPins(empty, FakeClock()).all_pins()] == ["P"]


def test_a_restore_that_fails_keeps_nothing_aside(
    source: Database, server: Database, tmp_path: Path
) -> None:
    copied(source, server)
    backup, before = tmp_path / "backup.db", dump(server)
    back_up_database(server, backup, on_progress=quiet)

    def fail(_done: int, _total: int) -> None:
        if any(tmp_path.glob(".*/backup.db.replaced.*")):
            raise StorageError("server", "it failed")

    with Database(backup) as found, pytest.raises(StorageError, match="it failed"):
        restore_database(found, server, FakeClock().now, takes_sample_data=True, on_progress=fail)
    assert not any(tmp_path.glob("**/backup.db.replaced.*"))
    assert dump(server) == before


def test_a_backup_of_an_older_version_is_brought_up_to_date(
    tmp_path: Path, empty: Database
) -> None:
    path = tmp_path / "older.db"
    with Database(path) as older:
        older_versions.create(older, REVISIONS[0])
        older.close()
        before = path.read_bytes()
        assert restored(path, empty).kept is None
        assert path.read_bytes() == before
        upgrade(older)
        assert dump(empty) == dump(older)


def test_a_damaged_database_makes_way_with_its_log(source: Database, tmp_path: Path) -> None:
    backup = tmp_path / "backup.db"
    back_up_database(source, backup, on_progress=quiet)
    assert source.path is not None
    source.close()
    sound = source.path.read_bytes()
    damaged = sound[:8192] + b"\xff" * 4096 * 3 + sound[8192 + 4096 * 3 :]
    source.path.write_bytes(damaged)
    log = source.path.with_name(f"{source.path.name}-wal")
    log.write_bytes(b"a log that no longer fits")

    done = restored(backup, source)

    assert done.kept is not None
    assert not log.exists()
    refuse_damage(source.path)
    with Database(backup) as found:
        assert dump(source) == dump(found)


def _newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'ibkr_sync_9999'")
        connection.commit()


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-8192])


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (_newer, SchemaNewerError),
        (_truncate, BackupUnusableError),
        (lambda path: path.write_text("a diary"), BackupUnusableError),
        (lambda path: path.write_bytes(b""), BackupUnusableError),
    ],
    ids=["newer", "cut off", "no database", "empty"],
)
def test_a_backup_that_can_not_be_used_changes_nothing(
    source: Database, tmp_path: Path, spoil: Callable[[Path], object], error: type[StorageError]
) -> None:
    backup = tmp_path / "backup.db"
    back_up_database(source, backup, on_progress=quiet)
    spoil(backup)
    before = dump(source)

    with pytest.raises(error, match=r"backup\.db"):
        restored(backup, source)

    assert dump(source) == before
    assert {path.name for path in tmp_path.iterdir()} <= {
        *("backup.db", "futures.db", "futures.db.lock", "futures.db-wal", "futures.db-shm")
    }


def test_nothing_is_restored_while_others_use_the_database(
    source: Database, tmp_path: Path
) -> None:
    backup = tmp_path / "backup.db"
    back_up_database(source, backup, on_progress=quiet)
    before = dump(source)
    assert source.path is not None
    with Database(source.path) as other:
        with run_lock(other), pytest.raises(AlreadyRunningError):
            restored(backup, source)
        with other.read() as connection:
            connection.execute(select(alembic_version)).all()
            with pytest.raises(DatabaseLockedError):
                restored(backup, source)
    restored(backup, source)
    source.busy_timeout = timedelta(0)
    for statements in ((), ("PRAGMA journal_mode = DELETE", "BEGIN IMMEDIATE")):
        with closing(sqlite3.connect(source.path, isolation_level=None)) as program:
            for statement in statements:
                program.execute(statement)
            program.execute("SELECT * FROM pins").fetchall()
            with pytest.raises(DatabaseLockedError):
                restored(backup, source, days=1)
    assert dump(source) == before
