"""Opening a database and running transactions in it, whatever the schema it holds."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from ibkr_sync.domain.errors import DatabaseUnavailableError, UnavailableReason
from ibkr_sync.infrastructure.repositories.local_repo.database.failures import translated_failures
from ibkr_sync.infrastructure.repositories.local_repo.database.file_identity import (
    FileIdentity,
    file_identity,
    files_open_here,
)
from ibkr_sync.infrastructure.repositories.local_repo.database.location import locate_database
from ibkr_sync.infrastructure.repositories.local_repo.database.postgres_engine import (
    postgres_engine,
    postgres_holds_lock,
    postgres_read,
    postgres_write,
)
from ibkr_sync.infrastructure.repositories.local_repo.database.snapshot import Snapshot
from ibkr_sync.infrastructure.repositories.local_repo.database.sqlite_engine import (
    ensure_sqlite_wal,
    sqlite_engine,
    sqlite_read,
    sqlite_vacuum,
    sqlite_write,
)

BUSY_TIMEOUT = timedelta(seconds=5)
"""How long a transaction waits for another one to end."""

FILE_MODE = 0o600
DIRECTORY_MODE = 0o700


class Database:
    """A SQLite or PostgreSQL database; nothing is opened before the first transaction.

    All failures inside its transactions are raised as StorageError. `create_directory` allows
    the directory of a SQLite file to be created with it, readable by its owner alone.
    `has_current_schema` remembers that the schema was looked at and found right; `stand_in` is
    the blank database that is read in place of one without a schema, and closed with it;
    `memory_lock` is the run lock of a database in memory; `run_session` is the process id, on
    a server, of the session that holds it while a run is open, `run_lock_file` the file that
    does so beside a SQLite file. `ended_run` is the run whose end was recorded by the write before,
    None if any other was the last. Threads share it, each with connections of its own; what is made
    once for all of them is made under `shared_lock`, and of one in memory they take turns.
    """

    def __init__(
        self,
        location: str | Path,
        *,
        create_directory: bool = False,
        busy_timeout: timedelta = BUSY_TIMEOUT,
    ) -> None:
        self.location = locate_database(location)
        self.create_directory = create_directory
        self.busy_timeout = busy_timeout
        self.has_current_schema = False
        self.stand_in: Database | None = None
        self.memory_lock = threading.Lock()
        self.shared_lock = threading.RLock()
        self.run_session: int | None = None
        self.run_lock_file: tuple[Path, FileIdentity | None] | None = None
        self.ended_run: int | None = None
        self._opened_file: FileIdentity | None = None
        self._engine: Engine | None = None
        self._of_thread = threading.local()

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
        """Whether this process may hold locks on the file by SQLite; then nobody here may open it.

        Closing any descriptor of a file drops all POSIX locks that the process holds on it.
        Another program would take the database for unused, and delete the WAL being written.
        """
        if self._engine is not None:
            return True
        identity = None if self.path is None else file_identity(self.path)
        return identity is not None and identity in files_open_here()

    @property
    def is_absent(self) -> bool:
        """Whether it is a SQLite file that does not exist, or not yet holds a byte.

        Raises DatabaseUnavailableError for anything there that is not a file, and for a
        missing directory unless it may be created.
        """
        if self.path is None:
            return False
        with translated_failures(self.location):
            try:
                found = self.path.stat()
            except FileNotFoundError:
                self._refuse_missing_directory(self.path.parent)
                return True
            if not stat.S_ISREG(found.st_mode):
                raise DatabaseUnavailableError(
                    self.name,
                    "it is not a file",
                    reason=UnavailableReason.NOT_A_FILE,
                    path=str(self.path),
                )
            return found.st_size == 0

    def create_file(self) -> None:
        """Create the SQLite file, empty and private, unless it exists; no effect elsewhere.

        Raises DatabaseUnavailableError where one was open that is gone.
        """
        if self.path is None or not self.is_absent:
            return
        self._refuse_lost_file(self.path)
        with translated_failures(self.location):
            _create_directory(self.path.parent)
            try:
                flags = os.O_CREAT | os.O_EXCL | os.O_RDWR
                os.close(os.open(self.path, flags, FILE_MODE))
            except FileExistsError:
                return

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let all that this thread reads inside see one state of the database.

        Nothing is opened before the first read. A write ends the transaction before it begins, and
        so does a failure; what is read after that sees the state of then. Where another file has
        taken the place of the one that was read before, that one is read, unless a run is open.
        """
        if self._snapshot is not None:
            yield
            return
        self._leave_replaced_file()
        self._of_thread.snapshot = snapshot = Snapshot(self._begin_read)
        try:
            yield
        finally:
            self._of_thread.snapshot = None
            with translated_failures(self.location):
                snapshot.end()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database and can't write."""
        snapshot = self._snapshot
        with translated_failures(self.location):
            if snapshot is None:
                with self._begin_read() as connection:
                    yield connection
                return
            try:
                yield snapshot.connection()
            except SQLAlchemyError:
                snapshot.end()
                raise

    @contextmanager
    def write(self, *, enforce_foreign_keys: bool = True) -> Iterator[Connection]:
        """A transaction that excludes other writers from its start, and commits at its end.

        Without `enforce_foreign_keys`, for migrations that rebuild tables, SQLite checks
        them nowhere: the caller does, before the end. A run whose lock went with the session
        that held it, or with its file, may write nothing more, nor may anybody to a file that is
        no longer where it was opened: raises DatabaseUnavailableError.
        """
        if self._snapshot is not None:
            self._snapshot.end()
        self.ended_run = None
        with translated_failures(self.location), self._turn(), self._connect() as connection:
            if not self.is_sqlite:
                with postgres_write(connection):
                    self._refuse_lost_lock(connection)
                    with self._noted_write(connection):
                        yield connection
                return
            if self.path is not None:
                ensure_sqlite_wal(connection, self.name)
            with sqlite_write(connection, enforce_foreign_keys=enforce_foreign_keys):
                self._refuse_other_files()
                with self._noted_write(connection):
                    yield connection
                self._refuse_other_files()

    @contextmanager
    def _noted_write(self, connection: Connection) -> Iterator[None]:
        self._of_thread.writing = connection
        try:
            yield
        finally:
            self._of_thread.writing = None

    def refuse_other_writers(self) -> None:
        """Raise DatabaseLockedError where another program keeps everybody from writing.

        Nothing is written; those who wish to write meanwhile wait for less than a moment.
        """
        if self.path is None:
            return
        with (
            translated_failures(self.location),
            self._connect() as connection,
            sqlite_write(connection, enforce_foreign_keys=True),
        ):
            pass

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
        with translated_failures(self.location), self._connect() as connection:
            sqlite_vacuum(connection)

    def close(self) -> None:
        """Close every connection; the next transaction opens new ones."""
        if self.stand_in is not None:
            self.stand_in.close()
            self.stand_in = None
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None
            self._opened_file = None

    def _leave_replaced_file(self) -> None:
        """Open the file anew that was restored, or made again, since it was opened."""
        if self.path is None or self._opened_file is None or self.run_lock_file is not None:
            return
        self._refuse_lost_file(self.path)
        with self.shared_lock:
            if file_identity(self.path) in {self._opened_file, None}:
                return
            log = self.path.with_name(f"{self.path.name}-wal")
            if file_identity(log) in set(files_open_here()) and log.stat().st_size:
                return  # SQLite would write into this file what the log of the other one holds
            self.close()
            self.has_current_schema = False

    @property
    def _snapshot(self) -> Snapshot | None:
        return getattr(self._of_thread, "snapshot", None)

    @property
    def writing(self) -> Connection | None:
        """The transaction in which this thread writes; None outside of one."""
        return getattr(self._of_thread, "writing", None)

    @contextmanager
    def _begin_read(self) -> Iterator[Connection]:
        begun = sqlite_read if self.is_sqlite else postgres_read
        with self._turn(), self._connect() as connection, begun(connection):
            yield connection

    def _turn(self) -> AbstractContextManager[object]:
        """What a thread waits for: a database in memory has one connection."""
        in_memory = self.is_sqlite and self.path is None
        return self.shared_lock if in_memory else nullcontext()

    def _connect(self) -> Connection:
        with self.shared_lock:
            if self._engine is None:
                self._engine = self._create_engine()
        if self.path is not None and self._opened_file is None:
            self._opened_file = file_identity(self.path)
        return self._engine.connect()

    def _create_engine(self) -> Engine:
        if self.location.url is not None:
            return postgres_engine(self.location.url, self.name, self.busy_timeout)
        return sqlite_engine(self.path, self.name, self.busy_timeout)

    def _refuse_lost_lock(self, connection: Connection) -> None:
        if self.run_session is not None and not postgres_holds_lock(connection, self.run_session):
            raise DatabaseUnavailableError(
                self.name, "the server ended the session that kept other runs out"
            )

    def _refuse_lost_file(self, path: Path) -> None:
        if self._opened_file is not None and file_identity(path) is None:
            raise DatabaseUnavailableError(
                self.name, "its file was moved or deleted since it was opened"
            )

    def _refuse_other_files(self) -> None:
        """Raise DatabaseUnavailableError where another file has taken the place of one in use."""
        if self.path is not None and file_identity(self.path) != self._opened_file:
            raise DatabaseUnavailableError(
                self.name, "its file was moved, deleted or replaced while it was in use"
            )
        if self.run_lock_file is None:
            return
        path, held = self.run_lock_file
        if file_identity(path) != held:
            raise DatabaseUnavailableError(
                self.name, f"{path}, which keeps other runs out, was deleted or replaced"
            )

    def _refuse_missing_directory(self, directory: Path) -> None:
        if not self.create_directory and not directory.is_dir():
            raise DatabaseUnavailableError(
                self.name,
                f"there is no directory {directory}",
                reason=UnavailableReason.MISSING,
                path=str(directory),
            )


def _create_directory(directory: Path) -> None:
    """Create a directory and those above it, each for its owner alone."""
    if directory.is_dir():
        return
    _create_directory(directory.parent)
    directory.mkdir(mode=DIRECTORY_MODE, exist_ok=True)
