"""Bringing a database to the schema this version needs, and opening it with that schema.

Alembic is imported only here, and only when there is something to migrate.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import insert
from sqlalchemy.engine import Connection

from ibkr_sync.domain.errors import StorageError
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.schema.revision import (
    APPLICATION_ID,
    SchemaStatus,
    head_revision,
    read_revision,
    refuse_older_revision,
    revision_status,
)
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import alembic_version, metadata

MIGRATIONS = Path(__file__).with_name("migrations")


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaUpgrade:
    """What an upgrade did: revisions before (None: empty) and after, and the backup made.

    `made_views` says that nothing but views was missing or replaced, and that they were made.
    """

    before: str | None
    after: str
    backup: Path | None
    made_views: bool = False


def schema_status(database: Database) -> SchemaStatus:
    """Give what schema a database holds and what this version needs.

    Raises ForeignDatabaseError, SchemaNewerError or another StorageError.
    """
    return read_revision(database)


def upgrade(database: Database) -> SchemaUpgrade:
    """Bring a database to the schema this version needs, in one transaction.

    A SQLite file that holds anything is backed up first, beside it. Raises StorageError; then
    the schema is as it was, and the message names the backup.
    """
    before = read_revision(database)
    if before.is_current:
        made_views = make_missing_views(database)
        return SchemaUpgrade(
            before=before.current, after=before.head, backup=None, made_views=made_views
        )
    backup = None
    if database.path is not None and not before.is_empty:
        from ibkr_sync.infrastructure.repositories.local_repo.database.backup import back_up

        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
        name = f"{database.path.name}.{before.current}.{stamp}.backup"
        backup = back_up(database, database.path.with_name(name))
    try:
        migrate(database)
    except StorageError as error:
        if backup is None:
            raise
        detail = f"{error.detail}; the schema is as it was, and {backup} is a backup"
        raise type(error)(error.database, detail) from error
    return SchemaUpgrade(before=before.current, after=before.head, backup=backup)


@contextmanager
def reading(database: Database) -> Iterator[Connection]:
    """A read transaction on our schema; what is still empty reads as empty tables.

    Inside of a write of this thread it is that one's, and sees what it has written.
    Raises SchemaBehindError, SchemaNewerError, ForeignDatabaseError or another StorageError.
    Creates nothing.
    """
    if database.writing is not None:
        yield database.writing
        return
    with database.snapshot():
        if _is_empty(database):
            database = _stand_in(database)
        with database.read() as connection:
            yield connection


@contextmanager
def writing(database: Database) -> Iterator[Connection]:
    """A write transaction on our schema, creating what is still empty; raises as `reading`."""
    if _is_empty(database):
        migrate(database)
        database.has_current_schema = True
    with database.write() as connection:
        yield connection


def _is_empty(database: Database) -> bool:
    """Whether there is no schema yet; asks the database only until it has the current one."""
    if database.has_current_schema:
        return False
    status = read_revision(database)
    refuse_older_revision(status, database)
    database.has_current_schema = status.is_current
    return status.is_empty


def migrate(database: Database) -> None:
    """Bring a database to the newest schema, without a backup; an empty one gets it at once.

    Raises StorageError.
    """
    # Their texts are needed only where there is something to make.
    from ibkr_sync.infrastructure.repositories.local_repo.schema.views.creation import (
        create_views,
        drop_views,
    )

    database.create_file()
    with database.write(enforce_foreign_keys=False) as connection:
        # Another process may have migrated while this one waited.
        status = revision_status(connection, database)
        if status.is_current:
            return
        if database.is_sqlite:
            connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
        if status.is_empty:
            _create_tables(connection)
        else:
            drop_views(connection)
            run_migrations(connection)
        create_views(connection)
        if database.is_sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
            raise StorageError(database.name, "the migration would break references between rows")


def make_missing_views(database: Database) -> bool:
    """Make the views of the newest schema anew if any is missing or replaced, and say so."""
    from ibkr_sync.infrastructure.repositories.local_repo.schema.views.creation import (
        ensure_views,
        wrong_views,
    )

    with database.read() as connection:
        if not wrong_views(connection):
            return False
    with database.write() as connection:
        return ensure_views(connection)


def run_migrations(connection: Connection) -> None:
    """Run what migrations are due, in the caller's transaction; raises StorageError."""
    from alembic import command  # 300 ms that only a migration may cost
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StorageError("migrations", str(error)) from error


def _stand_in(database: Database) -> Database:
    """A blank database in memory, made once for one whose every table reads as empty."""
    with database.shared_lock:
        if database.stand_in is None:
            blank = Database(":memory:")
            migrate(blank)
            database.stand_in = blank
        return database.stand_in


def _create_tables(connection: Connection) -> None:
    """Create the newest tables from the metadata, which a test holds equal to the migrations."""
    metadata.create_all(connection, checkfirst=False)
    alembic_version.create(connection)
    connection.execute(insert(alembic_version).values(version_num=head_revision()))
