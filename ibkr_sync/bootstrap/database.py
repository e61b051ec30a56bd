"""The database of a profile, and what keeps it in order."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from ibkr_sync.config.config_files import config_folders
from ibkr_sync.config.settings_resolution import DATABASE_FILE

if TYPE_CHECKING:
    from ibkr_sync.config.settings import ProfileSettings
    from ibkr_sync.domain.databases.table_contents import TableContents
    from ibkr_sync.infrastructure.repositories.local_repo.copies.database_restore import (
        DatabaseRestore,
    )
    from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
    from ibkr_sync.infrastructure.repositories.local_repo.schema.revision import SchemaStatus
    from ibkr_sync.infrastructure.repositories.local_repo.schema.upgrading import SchemaUpgrade

RowProgress: TypeAlias = Callable[[int, int], object]
"""Is called with the rows that are done, and those that there are to do."""


def profile_database(profile: ProfileSettings) -> Database:
    """The database that a profile names; nothing is opened or created yet."""
    from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database

    file = profile.database_file
    # Only our own folder is created: a mistyped --database must not make folders elsewhere.
    is_ours = file is not None and file.parent == config_folders().data
    return Database(profile.database, create_directory=is_ours)


def takes_sample_data(database: Database) -> bool:
    """Whether a database is not the default one, by whatever path it was named."""
    default = config_folders().data / DATABASE_FILE
    if database.path is None:
        return True
    try:
        return not database.path.samefile(default)  # by a hard link too
    except OSError:  # one of them is not there yet, or is a loop of links
        return database.path != Path(os.path.realpath(default))


def schema_status(profile: ProfileSettings) -> SchemaStatus:
    """Give what schema the profile's database has, and what it needs; raises StorageError."""
    from ibkr_sync.infrastructure.repositories.local_repo.schema.upgrading import schema_status

    with profile_database(profile) as database:
        return schema_status(database)


def refuse_damage(profile: ProfileSettings) -> None:
    """Read the whole of the profile's database; raises StorageError for damage in it."""
    from ibkr_sync.infrastructure.repositories.local_repo.database.integrity import check_integrity
    from ibkr_sync.infrastructure.repositories.local_repo.schema.completeness import (
        refuse_incomplete_schema,
    )

    with profile_database(profile) as database:
        check_integrity(database)
        refuse_incomplete_schema(database)


def upgrade_schema(profile: ProfileSettings) -> SchemaUpgrade:
    """Bring the profile's database to the schema this version needs; raises StorageError."""
    from ibkr_sync.infrastructure.repositories.local_repo.schema.upgrading import upgrade

    with profile_database(profile) as database:
        return upgrade(database)


def copy_database(
    profile: ProfileSettings, target: str, on_progress: RowProgress
) -> tuple[TableContents, ...]:
    """Copy the profile's database into an empty one, a file or a URL (see `copy_database` there).

    Raises DatabaseFilledError, AlreadyRunningError, SampleDataError or another StorageError.
    """
    from ibkr_sync.infrastructure.repositories.local_repo.copies.database_copy import copy_database

    with profile_database(profile) as source, _database_at(target) as copy:
        return copy_database(
            source, copy, takes_sample_data=takes_sample_data(copy), on_progress=on_progress
        )


def back_up_database(
    profile: ProfileSettings, file: Path, on_progress: RowProgress
) -> tuple[TableContents, ...]:
    """Write all of the profile's database to a file; raises StorageError."""
    from ibkr_sync.infrastructure.repositories.local_repo.copies.database_backup import (
        back_up_database,
    )

    with profile_database(profile) as database:
        return back_up_database(database, file, on_progress=on_progress)


def is_filled(profile: ProfileSettings) -> bool:
    """Whether the profile's database holds anything; raises StorageError."""
    from ibkr_sync.infrastructure.repositories.local_repo.copies.database_copy import is_filled

    with profile_database(profile) as database:
        return is_filled(database)


def restore_database(
    profile: ProfileSettings, file: Path, now: datetime, on_progress: RowProgress
) -> DatabaseRestore:
    """Put what a backup holds in place of what the profile's database does.

    Raises AlreadyRunningError, SampleDataError or StorageError.
    """
    from ibkr_sync.infrastructure.repositories.local_repo.copies.database_restore import (
        restore_database,
    )
    from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database

    with profile_database(profile) as database, Database(file) as backup:
        return restore_database(
            backup,
            database,
            now,
            takes_sample_data=takes_sample_data(database),
            on_progress=on_progress,
        )


def discard_sample(profile: ProfileSettings) -> bool:
    """Delete the profile's database file if it holds sample data (see `discard_sample_file`)."""
    from ibkr_sync.infrastructure.repositories.local_repo.sample_file import discard_sample_file

    with profile_database(profile) as database:
        return discard_sample_file(database)


def _database_at(location: str) -> Database:
    from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database

    return Database(location)
