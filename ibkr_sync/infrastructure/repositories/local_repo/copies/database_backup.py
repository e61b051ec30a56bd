"""A database backed up into a SQLite file, whichever kind it is, while others use it."""

from __future__ import annotations

from pathlib import Path

from ibkr_sync.domain.databases.table_contents import TableContents
from ibkr_sync.infrastructure.repositories.local_repo.copies.database_copy import (
    copy_rows,
    refuse_difference,
    refuse_nothing,
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
    flush,
    seal_file,
)
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.database.failures import translated_failures
from ibkr_sync.infrastructure.repositories.local_repo.database.location import locate_database
from ibkr_sync.infrastructure.repositories.local_repo.schema.upgrading import reading


def back_up_database(
    database: Database, file: Path, *, on_progress: Progress
) -> tuple[TableContents, ...]:
    """Write all of a database to a file, in place of what is there, once it is whole and sound.

    Gives what each table holds, compared with the original. Only its owner can read the file. Of
    SQLite it is the file itself, page by page; of a server the rows. Raises SchemaBehindError, or
    another StorageError; then nothing was replaced.
    """
    refuse_nothing(database)
    location = locate_database(file)
    with (
        translated_failures(location),
        staging_folder(file) as folder,
    ):
        whole = folder / file.name
        with Database(whole) as copy:
            contents = _copy(database, copy, on_progress)
        seal_file(whole)
        whole.replace(file)
        flush(file.parent)
    return contents


def _copy(database: Database, copy: Database, on_progress: Progress) -> tuple[TableContents, ...]:
    if database.path is None or copy.path is None:
        return copy_rows(database, copy, on_progress=on_progress)
    with readable_values(database.name), reading(database) as origin:
        counter = RowCounter(2 * count_rows(origin), on_progress)
        given = read_contents(origin, counter)
        back_up(database, copy.path)
        with reading(copy) as copied:
            refuse_difference(given, read_contents(copied, counter), copy)
    return given
