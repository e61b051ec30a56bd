"""A verified copy of a SQLite database, taken while others may use it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from ibkr_sync.domain.errors import DatabaseDamagedError, DatabaseUnavailableError
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import FILE_MODE, Database
from ibkr_sync.infrastructure.repositories.local_repo.database.failures import translated_failures
from ibkr_sync.infrastructure.repositories.local_repo.database.location import locate_database


def back_up(database: Database, target: Path) -> Path:
    """Copy the SQLite file of `database` to `target`, a new file that only its owner can read.

    What is copied is what a snapshot sees that is open. The copy is on disk and passed SQLite's
    integrity check when this returns. Raises StorageError, and leaves no file, if it can't be made
    or `target` exists.
    """
    if database.path is None:
        raise DatabaseUnavailableError(database.name, "only a SQLite file can be copied this way")
    if database.is_absent:
        raise DatabaseUnavailableError(database.name, "there is nothing to back up yet")
    location = locate_database(target)
    with (
        translated_failures(location),
        _new_file(target),
        database.read() as connection,
        translated_failures(location),
    ):
        origin: Any = connection.connection.dbapi_connection
        with closing(sqlite3.connect(target)) as copy:
            origin.backup(copy)
        seal_file(target)
    return target


def seal_file(path: Path) -> None:
    """Make a SQLite file that nobody uses complete in itself, sound, and safe on its disk.

    Raises DatabaseDamagedError, or what SQLite or the system raises.
    """
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        findings = [row[0] for row in connection.execute("PRAGMA integrity_check")]
    if findings != ["ok"]:
        raise DatabaseDamagedError(str(path), f"the copy is damaged: {findings[0]}")
    flush(path)
    flush(path.parent)


def ensure_file_wal(path: Path) -> None:
    """Let a sealed file have a write-ahead log, as whoever uses one is seen by others."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    flush(path)


def flush(path: Path) -> None:
    """Have the disk keep a file, or the names in a folder; raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _new_file(path: Path) -> Iterator[None]:
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, FILE_MODE))
    try:
        yield
    except BaseException:
        path.unlink(missing_ok=True)
        raise
