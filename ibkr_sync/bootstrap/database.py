"""The database of a profile, and what keeps it in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibkr_sync.config.config_files import config_folders
from ibkr_sync.config.settings import ProfileSettings

if TYPE_CHECKING:
    from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
    from ibkr_sync.infrastructure.repositories.local_repo.schema.revision import SchemaStatus
    from ibkr_sync.infrastructure.repositories.local_repo.schema.upgrading import SchemaUpgrade


def profile_database(profile: ProfileSettings) -> Database:
    """The database that a profile names; nothing is opened or created yet."""
    from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database

    file = profile.database_file
    # Only our own folder is created: a mistyped --database must not make folders elsewhere.
    is_ours = file is not None and file.parent == config_folders().data
    return Database(profile.database, create_directory=is_ours)


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


def discard_sample(profile: ProfileSettings) -> bool:
    """Delete the profile's database file if it holds sample data (see `discard_sample_file`)."""
    from ibkr_sync.infrastructure.repositories.local_repo.sample_file import discard_sample_file

    with profile_database(profile) as database:
        return discard_sample_file(database)
