"""A database restored from a backup, with what it held before kept aside."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import delete

from ibkr_sync.domain.databases.table_contents import TableContents
from ibkr_sync.domain.errors import (
    BackupUnusableError,
    DatabaseDamagedError,
    ForeignDatabaseError,
    StorageError,
)
from ibkr_sync.infrastructure.repositories.local_repo.copies.database_backup import (
    back_up_database,
)
from ibkr_sync.infrastructure.repositories.local_repo.copies.database_copy import (
    holds_rows,
    insert_rows,
    is_filled,
    refuse_sample_data,
)
from ibkr_sync.infrastructure.repositories.local_repo.copies.staging_folder import staging_folder
from ibkr_sync.infrastructure.repositories.local_repo.copies.table_reading import (
    Progress,
    RowCounter,
    count_rows,
    read_contents,
    readable_values,
)
from ibkr_sync.infrastructure.repositories.local_repo.database.backup import (
    back_up,
    ensure_file_wal,
    flush,
    seal_file,
)
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.database.failures import translated_failures
from ibkr_sync.infrastructure.repositories.local_repo.database.integrity import check_integrity
from ibkr_sync.infrastructure.repositories.local_repo.database.lock import run_lock
from ibkr_sync.infrastructure.repositories.local_repo.schema.completeness import (
    refuse_incomplete_schema,
)
from ibkr_sync.infrastructure.repositories.local_repo.schema.revision import read_revision
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import metadata
from ibkr_sync.infrastructure.repositories.local_repo.schema.upgrading import (
    make_missing_views,
    migrate,
    reading,
    writing,
)
from ibkr_sync.infrastructure.repositories.local_repo.schema.views.creation import ensure_views

_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseRestore:
    """What a database holds since it was restored, and where what it held before is kept."""

    contents: tuple[TableContents, ...]
    kept: Path | None


def restore_database(
    backup: Database,
    database: Database,
    now: datetime,
    *,
    takes_sample_data: bool,
    on_progress: Progress,
) -> DatabaseRestore:
    """Put what a backup holds in place of what a database does, at once or not at all.

    The backup stays as it is, and may be of an older version; the database then has today's
    schema. What it held is kept beside it, of a server beside the backup. Raises
    BackupUnusableError, AlreadyRunningError while a run is at work on the database, SampleDataError
    unless it takes sample data, or another StorageError; then the database is as it was.
    """
    with _usable(backup):
        if read_revision(backup).is_empty:
            raise BackupUnusableError(backup.name, "there is nothing in it")
        check_integrity(backup)
        if not takes_sample_data:
            with backup.read() as connection:
                refuse_sample_data(connection)
    kept = _place_for_kept(backup, database, now) if is_filled(database) else None
    with (
        run_lock(database),
        translated_failures(database.location),
        _staging_place(database.path or kept) as staging,
        Database(staging) as restored,
    ):
        with _usable(backup):
            contents = _stage(backup, restored, on_progress)
        if database.path is None:
            _replace_rows(restored, database, kept, on_progress)
        else:
            _replace_file(restored, database, database.path, kept)
    return DatabaseRestore(contents=contents, kept=kept)


@contextmanager
def _staging_place(file: Path | None) -> Iterator[Path]:
    """Where a backup is copied to first: beside the file that is made or replaced, if any."""
    with TemporaryDirectory() if file is None else staging_folder(file) as folder:
        yield Path(folder) / "restored.db"


@contextmanager
def _usable(backup: Database) -> Iterator[None]:
    """Raise BackupUnusableError where the backup is what is wrong, or a copy as damaged."""
    try:
        yield
    except (DatabaseDamagedError, ForeignDatabaseError) as error:
        raise BackupUnusableError(backup.name, error.detail) from error


def _stage(
    backup: Database, restored: Database, on_progress: Progress
) -> tuple[TableContents, ...]:
    """Copy a backup into a file of today's schema, and read all of it."""
    assert restored.path is not None  # noqa: S101 - it is a file of ours
    back_up(backup, restored.path)
    migrate(restored)
    make_missing_views(restored)
    refuse_incomplete_schema(restored)
    with readable_values(backup.name), reading(restored) as connection:
        return read_contents(connection, RowCounter(count_rows(connection), on_progress))


def _place_for_kept(backup: Database, database: Database, now: datetime) -> Path:
    beside = database.path or backup.path
    assert beside is not None  # noqa: S101 - a backup is a file
    return beside.with_name(f"{beside.name}.replaced.{now:%Y%m%dT%H%M%S%fZ}.backup")


def _replace_rows(
    restored: Database, database: Database, kept: Path | None, on_progress: Progress
) -> None:
    """Replace all rows in one transaction, which nobody writes between what is kept and its end."""
    assert restored.path is not None  # noqa: S101 - it is a file of ours
    with reading(restored) as origin, writing(database) as connection:
        if kept is None and holds_rows(connection):
            raise _filled_meanwhile(database)
        if kept is not None:
            back_up_database(database, restored.path.with_name(kept.name), on_progress=on_progress)
        for table in reversed(metadata.sorted_tables):
            connection.execute(delete(table))
        insert_rows(origin, connection, database, on_progress)
        ensure_views(connection)
        if kept is not None:  # last, for whoever is killed before has replaced nothing
            restored.path.with_name(kept.name).replace(kept)
            flush(kept.parent)


def _replace_file(restored: Database, database: Database, path: Path, kept: Path | None) -> None:
    assert restored.path is not None  # noqa: S101 - it is a file of ours
    restored.close()
    seal_file(restored.path)
    ensure_file_wal(restored.path)
    restored.path.chmod(stat.S_IMODE(path.stat().st_mode))
    database.close()
    with _unused(path, database.busy_timeout) as connection:
        if kept is None and _file_holds_rows(connection):
            raise _filled_meanwhile(database)
        if kept is not None:
            _keep_file(path, kept)
        restored.path.replace(path)
    flush(path.parent)


@contextmanager
def _unused(path: Path, timeout: timedelta) -> Iterator[sqlite3.Connection]:
    """Keep others from a SQLite file, folding its log in; raises what SQLite does if it is in use.

    Nobody keeps others from a damaged one. Source: https://sqlite.org/lockingv3.html
    """
    with closing(
        sqlite3.connect(path, timeout.total_seconds(), isolation_level=None)
    ) as connection:
        try:
            connection.execute("PRAGMA journal_mode = DELETE")
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _DAMAGED:
                raise
        yield connection


def _file_holds_rows(connection: sqlite3.Connection) -> bool:
    found = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    first = (f"SELECT 1 FROM {name} LIMIT 1" for name in found & metadata.tables.keys())  # noqa: S608 - names of ours
    return any(connection.execute(statement).fetchone() for statement in first)


def _filled_meanwhile(database: Database) -> StorageError:
    """What was empty when a restore began may be written by others, and nobody keeps that aside."""
    return StorageError(database.name, "it was empty, and was written meanwhile: restore again")


def _keep_file(path: Path, kept: Path) -> None:
    """Give a SQLite file a second name; a damaged one takes its log along.

    A log that stayed would be taken for that of the file to come.
    """
    os.link(path, kept)
    for suffix in ("-wal", "-shm"):
        beside = path.with_name(path.name + suffix)
        if beside.exists():
            beside.replace(kept.with_name(kept.name + suffix))
