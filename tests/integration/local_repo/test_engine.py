"""How databases are opened, and what is said of those that can't be."""

from __future__ import annotations

import os
import random
import socket
import sqlite3
import stat
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.engine import make_url

from contracts.future_port import NOW_PLEASE, by_symbol
from databases import fingerprints
from fakes.clock import FakeClock
from ibkr_sync.domain.entities.futures import Origin
from ibkr_sync.domain.errors import (
    DatabaseLockedError,
    DatabaseUnavailableError,
    DriverMissingError,
    ForeignDatabaseError,
    StorageError,
)
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import market_rules
from ibkr_sync.infrastructure.repositories.local_repo.schema.upgrading import reading, writing
from integration.local_repo.products import OLD, repository, store

SHORT = timedelta(milliseconds=100)
A_RULE = {
    "market_rule_id": 1,
    "first_seen_at": FakeClock().now,
    "changed_at": FakeClock().now,
}


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def touch(database: Database) -> None:
    """Create what is missing."""
    with writing(database):
        pass


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "futures.db", busy_timeout=SHORT) as database:
        yield database


# --- SQLite: creating and configuring


def test_the_settings_that_keep_data_safe_are_in_force(database: Database) -> None:
    with writing(database) as connection:
        found = {
            pragma: connection.exec_driver_sql(f"PRAGMA {pragma}").scalar()
            for pragma in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 100,
    }


def test_only_the_owner_can_read_what_is_created(tmp_path: Path) -> None:
    directory = tmp_path / "a" / "b"
    with umask(0), Database(directory / "futures.db", create_directory=True) as database:
        with writing(database) as connection:
            connection.execute(insert(market_rules), A_RULE)
            modes = {path.name: mode(path) for path in directory.iterdir()}
        with repository(database, FakeClock()).sync_run(Origin.IBKR):
            modes |= {path.name: mode(path) for path in directory.iterdir()}
    assert modes == dict.fromkeys(
        ("futures.db", "futures.db-wal", "futures.db-shm", "futures.db.lock"), 0o600
    )
    assert (mode(directory), mode(directory.parent)) == (0o700, 0o700)


def test_a_database_that_is_closed_is_one_file(database: Database, tmp_path: Path) -> None:
    touch(database)
    with reading(database):
        pass
    database.close()
    assert [path.name for path in tmp_path.iterdir()] == ["futures.db"]


def test_reading_creates_nothing(tmp_path: Path) -> None:
    for location in (tmp_path / "futures.db", tmp_path / "missing" / "futures.db"):
        with Database(location, create_directory=True) as database:
            assert repository(database, FakeClock()).list_products() == ()
    assert list(tmp_path.iterdir()) == []


def test_a_file_without_a_byte_is_a_database_to_be(database: Database, tmp_path: Path) -> None:
    (tmp_path / "futures.db").touch()
    assert repository(database, FakeClock()).list_products() == ()
    touch(database)
    assert repository(database, FakeClock()).list_products() == ()


def test_a_link_leads_to_the_database_and_stays(tmp_path: Path) -> None:
    link = tmp_path / "link.db"
    link.symlink_to(tmp_path / "futures.db")
    with Database(link) as database:
        touch(database)
    assert link.is_symlink()
    assert (tmp_path / "futures.db").is_file()


# --- SQLite: transactions


def test_a_read_transaction_can_not_write(database: Database) -> None:
    touch(database)
    with (
        pytest.raises(DatabaseUnavailableError, match="read-only"),
        reading(database) as connection,
    ):
        connection.execute(insert(market_rules), A_RULE)
    with writing(database) as connection:
        connection.execute(insert(market_rules), A_RULE)


def test_changes_of_the_schema_roll_back_too(database: Database) -> None:
    touch(database)

    def create_and_fail() -> None:
        with database.write() as connection:
            connection.execute(text("CREATE TABLE left_behind (x INTEGER)"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        create_and_fail()
    with database.read() as connection:
        tables = connection.execute(text("SELECT name FROM sqlite_master")).scalars()
        assert "left_behind" not in set(tables)


def test_a_reader_sees_one_state_while_another_writes(database: Database, tmp_path: Path) -> None:
    touch(database)
    with Database(tmp_path / "futures.db") as other, reading(database) as before:
        assert before.execute(select(market_rules)).all() == []
        with writing(other) as connection:
            connection.execute(insert(market_rules), A_RULE)
        assert before.execute(select(market_rules)).all() == []
    with reading(database) as after:
        assert len(after.execute(select(market_rules)).all()) == 1


def test_a_writer_waits_for_another_to_end(tmp_path: Path) -> None:
    with (
        Database(tmp_path / "futures.db") as first,
        Database(tmp_path / "futures.db", busy_timeout=timedelta(seconds=20)) as second,
    ):
        touch(first)
        has_begun = threading.Event()

        def hold() -> None:
            with writing(first) as connection:
                connection.execute(insert(market_rules), A_RULE)
                has_begun.set()
                time.sleep(0.2)

        holder = threading.Thread(target=hold)
        holder.start()
        has_begun.wait()
        with writing(second) as connection:
            assert len(connection.execute(select(market_rules)).all()) == 1
        holder.join()


def test_a_writer_gives_up_when_another_does_not_end(database: Database, tmp_path: Path) -> None:
    touch(database)
    with (
        Database(tmp_path / "futures.db") as other,
        writing(other),
        pytest.raises(DatabaseLockedError) as caught,
        writing(database),
    ):
        pass
    assert str(tmp_path / "futures.db") in str(caught.value)


# --- SQLite: what is no database of ours


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    with Database(tmp_path / "missing" / "futures.db") as database:
        for attempt in (reading, writing):
            with (
                pytest.raises(DatabaseUnavailableError, match=r"no directory .*/missing"),
                attempt(database),
            ):
                pass
    assert list(tmp_path.iterdir()) == []


def a_directory(path: Path) -> None:
    path.mkdir()


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def a_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))


@pytest.mark.parametrize("make", [a_directory, a_pipe, a_socket])
def test_what_is_not_a_file_is_refused(
    database: Database, tmp_path: Path, make: Callable[[Path], None]
) -> None:
    make(tmp_path / "futures.db")
    for attempt in (reading, writing):
        with pytest.raises(DatabaseUnavailableError, match="not a file"), attempt(database):
            pass


def test_a_path_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        Database(tmp_path / "file" / "futures.db") as database,
        pytest.raises(DatabaseUnavailableError),
        writing(database),
    ):
        pass


def text_file(path: Path) -> None:
    path.write_text("symbol,exchange\n" * 100)


def short_file(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\0")


def random_bytes(path: Path) -> None:
    path.write_bytes(random.Random(1).randbytes(8192))  # noqa: S311 - no secret


def database_of_another(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)")


def database_with_tables_named_as_ours(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "CREATE TABLE products (x); CREATE TABLE alembic_version (version_num);"
            "INSERT INTO alembic_version VALUES ('ibkr_sync_0001')"
        )


def database_with_another_application_id(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("PRAGMA application_id = 77; PRAGMA journal_mode = WAL")


def database_in_wal_mode(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("PRAGMA journal_mode = WAL; CREATE TABLE theirs (x)")


def database_with_a_wal_left_behind(path: Path) -> None:
    other = path.with_name("other")
    with closing(sqlite3.connect(other)) as connection:
        connection.executescript("PRAGMA journal_mode = WAL; CREATE TABLE theirs (x)")
        for suffix in ("", "-wal"):
            left = other.with_name(f"other{suffix}").read_bytes()
            path.with_name(f"{path.name}{suffix}").write_bytes(left)
    other.unlink()


@pytest.mark.parametrize(
    "make",
    [
        text_file,
        short_file,
        random_bytes,
        database_of_another,
        database_with_tables_named_as_ours,
        database_with_another_application_id,
        database_in_wal_mode,
        database_with_a_wal_left_behind,
    ],
)
def test_what_belongs_to_another_program_is_refused_untouched(
    database: Database, tmp_path: Path, make: Callable[[Path], None]
) -> None:
    make(tmp_path / "futures.db")
    before = fingerprints(tmp_path)
    local = repository(database, FakeClock())
    for attempt in (reading, writing):
        with pytest.raises(ForeignDatabaseError) as caught, attempt(database):
            pass
        assert str(tmp_path / "futures.db") in str(caught.value)
    with pytest.raises(ForeignDatabaseError), local.sync_run(Origin.IBKR):
        pass
    database.close()
    after = fingerprints(tmp_path)
    after.pop("futures.db-shm", None)
    assert after == before


def test_ours_is_known_even_while_its_wal_was_never_folded_in(tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    with Database(tmp_path / "futures.db") as database:
        with writing(database) as connection:
            connection.execute(insert(market_rules), A_RULE)
        for suffix in ("", "-wal"):
            left = (tmp_path / f"futures.db{suffix}").read_bytes()
            (tmp_path / f"copy.db{suffix}").write_bytes(left)
    with Database(copy) as crashed:
        assert repository(crashed, FakeClock()).known_market_rules() == {1}


def test_damage_is_reported_and_nothing_is_replaced(database: Database, tmp_path: Path) -> None:
    clock = FakeClock()
    local = repository(database, clock)
    with local.sync_run(Origin.IBKR) as run:
        store(local, OLD, run, clock)
    database.close()
    path = tmp_path / "futures.db"
    sound = path.read_bytes()
    noise = random.Random(1)  # noqa: S311 - no secret
    unharmed = 0
    for page in range(1, len(sound) // 4096):
        damaged = bytearray(sound)
        damaged[page * 4096 : (page + 1) * 4096] = noise.randbytes(4096)
        path.write_bytes(damaged)
        with suppress(StorageError):
            repository(database, clock).get_by_symbol(by_symbol(OLD))
            unharmed += 1
        database.close()
        assert path.read_bytes() == bytes(damaged)
    assert unharmed < page - 2


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE contracts SET min_tick = 'a quarter'",
        "UPDATE contracts SET venues = '{'",
        "UPDATE contracts SET venues = '[1]'",
        "UPDATE contracts SET venues = '{}'",
        "UPDATE contracts SET series = 'hourly'",
        "UPDATE contracts SET contract_month = '2026-13'",
        "UPDATE contracts SET last_trade_date = 'tomorrow'",
        "UPDATE products SET asset_class = 'house'",
        "UPDATE products SET synced_at = 'yesterday'",
    ],
)
def test_a_value_that_someone_broke_is_reported(
    database: Database, tmp_path: Path, statement: str
) -> None:
    clock = FakeClock()
    local = repository(database, clock)
    with local.sync_run(Origin.IBKR) as run:
        store(local, OLD, run, clock)
    with closing(sqlite3.connect(tmp_path / "futures.db")) as connection:
        connection.execute(statement)
        connection.commit()
    with pytest.raises(StorageError, match="can't be read"):
        local.get_or_create(by_symbol(OLD), NOW_PLEASE)
    if "products" in statement:
        with pytest.raises(StorageError, match="can't be read"):
            local.list_products()


def test_a_stream_ends_when_the_database_can_not_be_used(
    database: Database, tmp_path: Path
) -> None:
    text_file(tmp_path / "futures.db")
    outcomes = repository(database, FakeClock()).get_or_create_many([by_symbol(OLD)], NOW_PLEASE)
    with pytest.raises(ForeignDatabaseError):
        next(outcomes)


# --- PostgreSQL


def test_a_missing_driver_is_an_error_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with (
        Database("postgresql://me:hunter2@localhost/futures") as database,
        pytest.raises(DriverMissingError, match="driver is not installed"),
        reading(database),
    ):
        pass


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[Database]:
    with Database(postgres_url, busy_timeout=SHORT) as database:
        yield database


def with_options(url: str, *options: str) -> str:
    parsed = make_url(url)
    joined = " ".join([str(parsed.query["options"]), *options])
    changed = parsed.update_query_dict({"options": joined})
    return changed.render_as_string(hide_password=False)


def test_a_server_that_does_not_answer_is_unavailable_and_the_password_stays_secret() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        url = f"postgresql://me:hunter2@127.0.0.1:{port}/futures?sslpassword=hunter2"
        with Database(url) as database:
            for attempt in (reading, writing):
                with pytest.raises(DatabaseUnavailableError) as caught, attempt(database):
                    pass
                assert "hunter2" not in f"{caught.value} {caught.value.__cause__}"
                assert f"127.0.0.1:{port}" in str(caught.value)


def test_a_database_that_the_server_lacks_is_unavailable(postgres_server: str) -> None:
    url = make_url(postgres_server).set(database="no_such_database")
    with (
        Database(url.render_as_string(hide_password=False)) as database,
        pytest.raises(DatabaseUnavailableError, match="no_such_database"),
        reading(database),
    ):
        pass


def test_a_schema_that_the_database_lacks_is_unavailable(postgres_url: str) -> None:
    url = with_options(postgres_url, "-csearch_path=no_such_schema")
    with Database(url) as database:
        for attempt in (reading, writing):
            with pytest.raises(DatabaseUnavailableError, match="missing"), attempt(database):
                pass


def test_a_server_that_is_read_only_can_be_read(postgres: Database, postgres_url: str) -> None:
    touch(postgres)
    with Database(with_options(postgres_url, "-cdefault_transaction_read_only=on")) as standby:
        assert repository(standby, FakeClock()).list_products() == ()
        with (
            pytest.raises(DatabaseUnavailableError, match="read-only"),
            writing(standby) as connection,
        ):
            connection.execute(insert(market_rules), A_RULE)


def test_a_read_transaction_of_a_server_can_not_write(postgres: Database) -> None:
    touch(postgres)
    with (
        pytest.raises(DatabaseUnavailableError, match="read-only"),
        reading(postgres) as connection,
    ):
        connection.execute(insert(market_rules), A_RULE)


def test_writers_of_a_server_exclude_each_other(postgres: Database, postgres_url: str) -> None:
    touch(postgres)
    with Database(postgres_url) as other, writing(other) as connection:
        connection.execute(insert(market_rules), A_RULE)
        with pytest.raises(DatabaseLockedError), writing(postgres):
            pass
    with writing(postgres) as connection:
        assert len(connection.execute(select(market_rules)).all()) == 1


def test_a_session_that_the_server_ends_leaves_nothing_half_done(
    postgres: Database, postgres_server: str
) -> None:
    touch(postgres)

    def write_until_ended() -> None:
        with writing(postgres) as connection:
            connection.execute(insert(market_rules), A_RULE)
            process = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
            with psycopg.connect(postgres_server, autocommit=True) as admin:
                admin.execute("SELECT pg_terminate_backend(%s)", (process,))
            connection.execute(select(market_rules))

    with pytest.raises(DatabaseUnavailableError, match="ended the session"):
        write_until_ended()
    with reading(postgres) as connection:
        assert connection.execute(select(market_rules)).all() == []


def test_a_statement_that_takes_too_long_is_reported(postgres_url: str) -> None:
    with (
        Database(with_options(postgres_url, "-cstatement_timeout=50")) as database,
        pytest.raises(DatabaseLockedError, match="too long"),
        database.read() as connection,
    ):
        connection.exec_driver_sql("SELECT pg_sleep(5)")


def test_a_database_in_another_encoding_is_refused(postgres_server: str) -> None:
    name = f"ascii_{os.getpid()}"
    with psycopg.connect(postgres_server, autocommit=True) as admin:
        admin.execute(
            f"CREATE DATABASE {name} TEMPLATE template0"
            " ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'"
        )
    try:
        url = make_url(postgres_server).set(database=name)
        with (
            Database(url.render_as_string(hide_password=False)) as database,
            pytest.raises(DatabaseUnavailableError, match="SQL_ASCII"),
            reading(database),
        ):
            pass
    finally:
        with psycopg.connect(postgres_server, autocommit=True) as admin:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_tables_of_another_program_on_a_server_are_refused(postgres: Database) -> None:
    with postgres.write() as connection:
        connection.execute(text("CREATE TABLE theirs (x INTEGER)"))
    for attempt in (reading, writing):
        with pytest.raises(ForeignDatabaseError), attempt(postgres):
            pass


def test_instants_on_a_server_are_utc_whatever_its_zone(postgres_url: str) -> None:
    clock = FakeClock()
    with Database(with_options(postgres_url, "-ctimezone=Asia/Tokyo")) as database:
        local = repository(database, clock)
        with local.sync_run(Origin.IBKR) as run:
            store(local, OLD, run, clock)
        assert local.get_by_symbol(by_symbol(OLD)).synced_at == clock.now
        with database.read() as connection:
            shown = connection.exec_driver_sql("SELECT synced_at::text FROM products").scalar()
    assert shown == "2026-11-23 12:00:00+00"


@pytest.mark.parametrize("name", ["absent.db", "stored.db", ":memory:"])
def test_threads_read_one_database_at_once(tmp_path: Path, name: str) -> None:
    with Database(tmp_path / "stored.db") as stored:
        touch(stored)
    together = threading.Barrier(8)
    with Database(name if name == ":memory:" else tmp_path / name) as database:

        def read(_: int) -> int:
            together.wait()
            with database.snapshot():
                local = repository(database, FakeClock())
                return len(local.list_products()) + len(local.known_market_rules())

        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(read, range(8))) == [0] * 8
    assert not (tmp_path / "absent.db").exists()
