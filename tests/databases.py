"""Looking at whole databases, and making their statements fail."""

from __future__ import annotations

import errno
import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event, insert, select
from sqlalchemy.engine import Engine, Row

from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.schema.revision import (
    APPLICATION_ID,
    head_revision,
)
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import alembic_version, metadata
from ibkr_sync.infrastructure.repositories.local_repo.schema.upgrading import reading
from ibkr_sync.infrastructure.repositories.local_repo.schema.views.creation import create_views


def dump(database: Database) -> dict[str, list[Row[Any]]]:
    """Every row of every table, in order of its primary key; the same for every dialect."""
    with reading(database) as connection:
        return {
            table.name: list(connection.execute(select(table).order_by(*table.primary_key)))
            for table in metadata.sorted_tables
        }


def create_schema(database: Database) -> None:
    """Make the newest schema at once, which a test holds equal to what the migrations make."""
    with database.write() as connection:
        if database.is_sqlite:
            connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
        for table in (*metadata.sorted_tables, alembic_version):
            table.create(connection, checkfirst=False)
        create_views(connection)
        connection.execute(insert(alembic_version).values(version_num=head_revision()))


def refuse_damage(path: Path) -> None:
    """Fail unless SQLite finds the file sound and every reference in it met."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def fingerprints(directory: Path) -> dict[str, str]:
    """A checksum of every file in a directory, by name."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in directory.iterdir()
        if path.is_file()
    }


@contextmanager
def before_each_step(act: Callable[[int], None]) -> Iterator[list[str]]:
    """Call `act` with the number, from 1, of each statement or commit before it happens.

    Yields the statements seen so far.
    """
    seen: list[str] = []

    def on_statement(*args: Any) -> None:
        seen.append(args[2])
        act(len(seen))

    def on_commit(_connection: object) -> None:
        seen.append("COMMIT")
        act(len(seen))

    event.listen(Engine, "before_cursor_execute", on_statement)
    event.listen(Engine, "commit", on_commit)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", on_statement)
        event.remove(Engine, "commit", on_commit)


@contextmanager
def failing_at(step: int) -> Iterator[list[str]]:
    """Make the statement or commit of this number fail as a broken disk would."""

    def fail(number: int) -> None:
        if number == step:
            raise OSError(errno.EIO, "injected failure")

    with before_each_step(fail) as seen:
        yield seen
