"""What schema a database holds, found out without changing a byte of it and without Alembic."""

from __future__ import annotations

import sqlite3
import struct
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from sqlalchemy.engine import Connection

from ibkr_sync.domain.errors import (
    DatabaseUnavailableError,
    ForeignDatabaseError,
    SchemaBehindError,
    SchemaNewerError,
)
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.database.failures import translated_failures

REVISIONS = (
    *("ibkr_sync_0001", "ibkr_sync_0002", "ibkr_sync_0003", "ibkr_sync_0004"),
    "ibkr_sync_0005",
)
"""Every revision of the schema, oldest first; the last is the one this version needs."""

APPLICATION_ID = 0x49424653
"""SQLite's `application_id` of our files ("IBFS"), so that no other database is mistaken."""

_REVISION_PREFIX = "ibkr_sync_"
_MAGIC = b"SQLite format 3\0"
_HEADER_LENGTH = 100
_WRITE_VERSION = 18
_WAL = 2
_APPLICATION_ID_OFFSET = 68
_TABLES = (
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
)
# The information schema has only what the role may use: to one without rights all would be empty.
_POSTGRES_TABLES = (
    "SELECT c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
    " WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p')"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaStatus:
    """The revision a database holds and the one this version needs; None: still empty."""

    current: str | None
    head: str

    @property
    def is_empty(self) -> bool:
        """Whether the database holds nothing at all yet."""
        return self.current is None

    @property
    def is_current(self) -> bool:
        """Whether this version can use the database as it is."""
        return self.current == self.head


def head_revision() -> str:
    """The revision this version needs."""
    return REVISIONS[-1]


def read_revision(database: Database) -> SchemaStatus:
    """Give what schema a database holds.

    Raises ForeignDatabaseError for what is not ours, SchemaNewerError for a revision that
    this version does not know, or another StorageError.
    """
    if database.is_absent:
        return SchemaStatus(current=None, head=head_revision())
    if database.path is not None and not database.is_open:
        _refuse_foreign_file(database, database.path)
    with database.read() as connection:
        return revision_status(connection, database)


def revision_status(connection: Connection, database: Database) -> SchemaStatus:
    """Give what schema is seen inside a transaction; raises as `read_revision`."""
    if database.is_sqlite:
        tables = _names(connection, _TABLES)
        is_ours = connection.exec_driver_sql("PRAGMA application_id").scalar_one() == APPLICATION_ID
    else:
        if connection.exec_driver_sql("SELECT current_schema()").scalar_one() is None:
            raise DatabaseUnavailableError(
                database.name, "the schema in its search path is missing"
            )
        tables = _names(connection, _POSTGRES_TABLES)
        is_ours = True
    if not tables:
        return SchemaStatus(current=None, head=head_revision())
    revision = _stored_revision(connection, tables) if is_ours else None
    if revision is None or not revision.startswith(_REVISION_PREFIX):
        raise ForeignDatabaseError(database.name, "it holds another program's tables")
    if revision not in REVISIONS:
        raise SchemaNewerError(
            database.name, f"its schema {revision} is newer than {head_revision()}"
        )
    return SchemaStatus(current=revision, head=head_revision())


def refuse_older_revision(status: SchemaStatus, database: Database) -> None:
    """Raise SchemaBehindError for an older schema; an empty database is not behind."""
    if not status.is_current and not status.is_empty:
        raise SchemaBehindError(
            database.name, f"its schema {status.current} is older than {status.head}"
        )


def _names(connection: Connection, query: str) -> frozenset[str]:
    return frozenset(connection.exec_driver_sql(query).scalars())


def _stored_revision(connection: Connection, tables: frozenset[str]) -> str | None:
    if "alembic_version" not in tables:
        return None
    revisions = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars()
    stored = [str(revision) for revision in revisions]
    return stored[0] if len(stored) == 1 else None


def _refuse_foreign_file(database: Database, path: Path) -> None:
    """Look at a file before SQLite may write to it: even closing it can fold its WAL in."""
    with translated_failures(database.location):
        with path.open("rb") as file:
            header = file.read(_HEADER_LENGTH)
        if len(header) < _HEADER_LENGTH or not header.startswith(_MAGIC):
            raise ForeignDatabaseError(database.name, "the file is not a SQLite database")
        (application_id,) = struct.unpack_from(">I", header, _APPLICATION_ID_OFFSET)
        if application_id == APPLICATION_ID:
            return
        # Ours are in WAL mode from their first byte; until the first checkpoint the
        # application id is in the WAL alone.
        in_wal = header[_WRITE_VERSION] == _WAL
        if application_id != 0 or not in_wal or not _is_ours_read_only(path):
            raise ForeignDatabaseError(database.name, "the file belongs to another program")


def _is_ours_read_only(path: Path) -> bool:
    """Ask SQLite itself, in a mode that neither checkpoints nor leaves files behind."""
    has_wal = path.with_name(f"{path.name}-wal").exists()
    options = "mode=ro" if has_wal else "mode=ro&immutable=1"
    connection = sqlite3.connect(f"file:{quote(str(path))}?{options}", uri=True)
    try:
        if connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,):
            return True
        return connection.execute(_TABLES).fetchone() is None
    finally:
        connection.close()
