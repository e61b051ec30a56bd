"""A verified copy of a SQLite database, taken while others may use it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from ibkr_sync.domain.errors import DatabaseUnavailableError, StorageError
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import FILE_MODE, Database
from ibkr_sync.infrastructure.repositories.local_repo.database.failures import translated_failures


def back_up(database: Database, target: Path) -> Path:
    """Copy the SQLite file of `database` to `target`, a new file that only its owner can read.

    The copy is on disk and passed SQLite's integrity check when this returns. Raises
    StorageError, and leaves no file, if it can't be made or `target` exists.
    """
    source = database.path
    if source is None:
        raise DatabaseUnavailableError(database.name, "only a SQLite file can be copied this way")
    if database.is_absent:
        raise DatabaseUnavailableError(database.name, "there is nothing to back up yet")
    with translated_failures(database.location), _new_file(target):
        with (
            closing(sqlite3.connect(f"file:{quote(str(source))}?mode=rw", uri=True)) as origin,
            closing(sqlite3.connect(target)) as copy,
        ):
            origin.backup(copy)
            # A copy that is a single file, complete without a write-ahead log beside it.
            copy.execute("PRAGMA journal_mode = DELETE")
            findings = [row[0] for row in copy.execute("PRAGMA integrity_check")]
        if findings != ["ok"]:
            raise StorageError(database.name, f"its backup is damaged: {findings[0]}")
        _flush(target)
        _flush(target.parent)
    return target


@contextmanager
def _new_file(path: Path) -> Iterator[None]:
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, FILE_MODE))
    try:
        yield
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
