"""What is SQLite's own: opening connections to a file or memory, and its transactions."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine, create_engine
from sqlalchemy.pool import QueuePool, StaticPool

from ibkr_sync.domain.errors import DatabaseUnavailableError

_BEFORE_ASKING_AGAIN = 0.01
"""Seconds."""


def sqlite_engine(path: Path | None, name: str, busy_timeout: timedelta) -> Engine:
    """An engine for an existing file, or None for memory, which messages call `name`.

    Nothing is opened yet. Each connection raises DatabaseUnavailableError where SQLite refuses
    a setting that keeps data safe.
    """
    # mode=rw opens what exists and creates nothing.
    target = ":memory:" if path is None else f"file:{quote(str(path))}?mode=rw"

    def connect() -> sqlite3.Connection:
        # SQLAlchemy's recipe for transactions that hold from BEGIN on, DDL included: the
        # driver's own handling is switched off, and the begin event below speaks instead.
        return sqlite3.connect(
            target,
            uri=path is not None,
            timeout=busy_timeout.total_seconds(),
            isolation_level=None,
            check_same_thread=False,
        )

    engine = create_engine(
        "sqlite+pysqlite://",
        creator=connect,
        poolclass=StaticPool if path is None else QueuePool,
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _record: object) -> None:
        for pragma, setting, effective in (("foreign_keys", "ON", 1), ("synchronous", "FULL", 2)):
            connection.execute(f"PRAGMA {pragma} = {setting}")
            (value,) = connection.execute(f"PRAGMA {pragma}").fetchone()
            if value != effective:
                raise DatabaseUnavailableError(name, f"SQLite refused {pragma} {setting}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("sqlite_begin", "BEGIN"))

    return engine


@contextmanager
def sqlite_read(connection: Connection) -> Iterator[None]:
    """A transaction that sees one state of the database and can't write."""
    with _query_only(connection), connection.begin():
        yield


@contextmanager
def sqlite_write(connection: Connection, *, enforce_foreign_keys: bool) -> Iterator[None]:
    """A transaction that excludes other writers from its start."""
    connection.execution_options(sqlite_begin="BEGIN IMMEDIATE")
    with _foreign_keys(connection, enforce_foreign_keys), connection.begin():
        yield


def ensure_sqlite_wal(connection: Connection, name: str) -> None:
    """Let a file have a write-ahead log; raises DatabaseUnavailableError where it can't.

    Waits for others as long as the connection does. Of two that ask for it at once SQLite (3.40)
    refuses one at once with "database is locked", as both hold what the other needs.
    """
    driver = _driver_connection(connection)
    (patience,) = driver.execute("PRAGMA busy_timeout").fetchone()
    given_up_at = time.monotonic() + patience / 1000
    while driver.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        try:
            if driver.execute("PRAGMA journal_mode = wal").fetchone() != ("wal",):
                detail = "its file system does not allow journal_mode wal"
                raise DatabaseUnavailableError(name, detail)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() >= given_up_at:
                raise
            time.sleep(_BEFORE_ASKING_AGAIN)


def sqlite_vacuum(connection: Connection) -> None:
    """Give the space of deleted rows back to the file system."""
    driver = _driver_connection(connection)
    driver.execute("VACUUM")
    driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def _query_only(connection: Connection) -> Iterator[None]:
    driver = _driver_connection(connection)
    driver.execute("PRAGMA query_only = ON")
    try:
        yield
    finally:
        _undo(connection, "PRAGMA query_only = OFF")


@contextmanager
def _foreign_keys(connection: Connection, enforced: bool) -> Iterator[None]:
    if enforced:
        yield
        return
    driver = _driver_connection(connection)
    driver.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        _undo(connection, "PRAGMA foreign_keys = ON")


def _undo(connection: Connection, pragma: str) -> None:
    """Give a connection back as it was, unless it is gone: SQLAlchemy closes it on a signal."""
    if not connection.invalidated:
        _driver_connection(connection).execute(pragma)


def _driver_connection(connection: Connection) -> sqlite3.Connection:
    driver = connection.connection.dbapi_connection
    assert isinstance(driver, sqlite3.Connection)  # noqa: S101 - only called for SQLite
    return driver
