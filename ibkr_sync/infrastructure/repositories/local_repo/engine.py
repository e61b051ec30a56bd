"""Opening a database and running transactions in it, whatever the schema it holds."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine, create_engine
from sqlalchemy.pool import QueuePool, StaticPool

from ibkr_sync.domain.errors import DatabaseUnavailableError
from ibkr_sync.infrastructure.repositories.local_repo.failures import translated
from ibkr_sync.infrastructure.repositories.local_repo.location import DatabaseLocation, locate

BUSY_TIMEOUT = timedelta(seconds=5)
"""How long a transaction waits for another one to end."""

FILE_MODE = 0o600
DIRECTORY_MODE = 0o700

_WRITE_LOCK = (
    "SELECT pg_advisory_xact_lock(hashtext('ibkr-sync write'), hashtext(current_schema()))"
)
_LOCKS_OF = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid = %s"
_ONE_STATE = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
_POSTGRES_DEFAULTS: dict[str, Any] = {
    "application_name": "ibkr-sync",
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "tcp_user_timeout": 30_000,
}


class Database:
    """A SQLite or PostgreSQL database; nothing is opened before the first transaction.

    All failures inside its transactions are raised as StorageError. `create_directory` allows
    the directory of a SQLite file to be created with it, readable by its owner alone.
    `has_current_schema` remembers that the schema was looked at and found right;
    `memory_lock` is the run lock of a database in memory; `run_session` is the process id, on
    a server, of the session that holds it while a run is open.
    """

    def __init__(
        self,
        location: str | Path,
        *,
        create_directory: bool = False,
        busy_timeout: timedelta = BUSY_TIMEOUT,
    ) -> None:
        self.location = locate(location)
        self.create_directory = create_directory
        self.busy_timeout = busy_timeout
        self.has_current_schema = False
        self.memory_lock = threading.Lock()
        self.run_session: int | None = None
        self._engine: Engine | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def name(self) -> str:
        """What messages call it, secrets masked."""
        return self.location.name

    @property
    def path(self) -> Path | None:
        """The SQLite file; None in memory and for a server."""
        return self.location.path

    @property
    def is_sqlite(self) -> bool:
        """Whether it is SQLite, in a file or in memory."""
        return self.location.url is None

    @property
    def is_open(self) -> bool:
        """Whether SQLite may hold locks on the file; then nobody else here may open it.

        Closing any descriptor of a file drops all POSIX locks that the process holds on it.
        Another program would take the database for unused, and delete the WAL being written.
        """
        return self._engine is not None

    @property
    def is_absent(self) -> bool:
        """Whether it is a SQLite file that does not exist, or not yet holds a byte.

        Raises DatabaseUnavailableError for anything there that is not a file, and for a
        missing directory unless it may be created.
        """
        if self.path is None:
            return False
        with translated(self.location):
            try:
                found = self.path.stat()
            except FileNotFoundError:
                self._refuse_missing_directory(self.path.parent)
                return True
            if not stat.S_ISREG(found.st_mode):
                raise DatabaseUnavailableError(self.name, "it is not a file")
            return found.st_size == 0

    def create_file(self) -> None:
        """Create the SQLite file, empty and private, unless it exists; no effect elsewhere."""
        if self.path is None or not self.is_absent:
            return
        with translated(self.location):
            _create_directory(self.path.parent)
            try:
                flags = os.O_CREAT | os.O_EXCL | os.O_RDWR
                os.close(os.open(self.path, flags, FILE_MODE))
            except FileExistsError:
                return

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database and can't write."""
        with translated(self.location), self._connect() as connection:
            if self.is_sqlite:
                with _query_only(connection), connection.begin():
                    yield connection
                return
            with connection.begin():
                connection.exec_driver_sql(_ONE_STATE)
                yield connection

    @contextmanager
    def write(self, *, enforce_foreign_keys: bool = True) -> Iterator[Connection]:
        """A transaction that excludes other writers from its start, and commits at its end.

        Without `enforce_foreign_keys`, for migrations that rebuild tables, SQLite checks
        them nowhere: the caller does, before the end. A run whose lock went with the session
        that held it may write nothing more: raises DatabaseUnavailableError.
        """
        with translated(self.location), self._connect() as connection:
            if not self.is_sqlite:
                with connection.begin():
                    connection.exec_driver_sql(_WRITE_LOCK)
                    self._refuse_lost_lock(connection)
                    yield connection
                return
            if self.path is not None:
                _ensure_pragma(connection, "journal_mode", "wal", self.name)
            connection.execution_options(sqlite_begin="BEGIN IMMEDIATE")
            with _foreign_keys(connection, enforce_foreign_keys), connection.begin():
                yield connection

    def open_session(self) -> Connection:
        """A server connection of its own, which commits each statement and ends when closed."""
        connection = self._connect().execution_options(isolation_level="AUTOCOMMIT")
        connection.detach()
        return connection

    def compact(self) -> None:
        """Give the space of deleted rows in a SQLite file back; no effect elsewhere.

        Takes as much free space as the file, and waits for other transactions as a write does.
        """
        if self.path is None:
            return
        with translated(self.location), self._connect() as connection:
            driver = _driver_connection(connection)
            driver.execute("VACUUM")
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close every connection; the next transaction opens new ones."""
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    def _connect(self) -> Connection:
        if self._engine is None:
            self._engine = self._create_engine()
        return self._engine.connect()

    def _create_engine(self) -> Engine:
        if self.location.url is not None:
            return _postgres_engine(self.location, self.busy_timeout)
        return _sqlite_engine(self.location, self.busy_timeout)

    def _refuse_lost_lock(self, connection: Connection) -> None:
        if self.run_session is None:
            return
        if connection.exec_driver_sql(_LOCKS_OF, (self.run_session,)).first() is None:
            raise DatabaseUnavailableError(
                self.name, "the server ended the session that kept other runs out"
            )

    def _refuse_missing_directory(self, directory: Path) -> None:
        if not self.create_directory and not directory.is_dir():
            raise DatabaseUnavailableError(self.name, f"there is no directory {directory}")


def _create_directory(directory: Path) -> None:
    """Create a directory and those above it, each for its owner alone."""
    if directory.is_dir():
        return
    _create_directory(directory.parent)
    directory.mkdir(mode=DIRECTORY_MODE, exist_ok=True)


def _sqlite_engine(location: DatabaseLocation, busy_timeout: timedelta) -> Engine:
    path = location.path
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
                raise DatabaseUnavailableError(location.name, f"SQLite refused {pragma} {setting}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("sqlite_begin", "BEGIN"))

    return engine


def _postgres_engine(location: DatabaseLocation, busy_timeout: timedelta) -> Engine:
    url = location.url
    assert url is not None  # noqa: S101 - told apart by the caller
    given = {key: value for key, value in _POSTGRES_DEFAULTS.items() if key not in url.query}
    try:
        engine = create_engine(url, connect_args=given, hide_parameters=True, pool_pre_ping=True)
    except ImportError as error:
        raise DatabaseUnavailableError(
            location.name, "PostgreSQL needs an extra: pip install 'ibkr-sync[postgres]'"
        ) from error

    # Before SQLAlchemy's own first look, which can't read an answer in another encoding.
    @event.listens_for(engine, "connect", insert=True)
    def configure(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own
        encoding = connection.info.parameter_status("server_encoding")
        if encoding != "UTF8":
            connection.close()
            raise DatabaseUnavailableError(
                location.name, f"its encoding is {encoding}; create it with ENCODING 'UTF8'"
            )
        with connection.cursor() as cursor:
            cursor.execute("SET TIME ZONE 'UTC'")
            cursor.execute(
                "SELECT set_config('lock_timeout', %s, false)",
                (str(round(busy_timeout.total_seconds() * 1000)),),
            )
        connection.commit()

    return engine


def _driver_connection(connection: Connection) -> sqlite3.Connection:
    driver = connection.connection.dbapi_connection
    assert isinstance(driver, sqlite3.Connection)  # noqa: S101 - only called for SQLite
    return driver


def _ensure_pragma(connection: Connection, pragma: str, setting: str, name: str) -> None:
    driver = _driver_connection(connection)
    if driver.execute(f"PRAGMA {pragma}").fetchone() == (setting,):
        return
    if driver.execute(f"PRAGMA {pragma} = {setting}").fetchone() != (setting,):
        raise DatabaseUnavailableError(name, f"its file system does not allow {pragma} {setting}")


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
