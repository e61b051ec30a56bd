"""A database file of sample data, which can be had again at any time."""

from __future__ import annotations

from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.database.failures import translated_failures
from ibkr_sync.infrastructure.repositories.local_repo.database.lock import run_lock
from ibkr_sync.infrastructure.repositories.local_repo.products.reads import (
    holds_real_data,
    holds_sample_data,
)
from ibkr_sync.infrastructure.repositories.local_repo.schema.revision import read_revision


def discard_sample_file(database: Database) -> bool:
    """Delete a SQLite file that holds sample data; False for a server and for real data.

    What holds no product stays as it is; an older schema needs no upgrade for that. Raises
    AlreadyRunningError while another run is at work on it, or StorageError.
    """
    if database.path is None:
        return False
    if read_revision(database).is_empty:
        return True
    with database.read() as connection:
        if not holds_sample_data(connection):
            return not holds_real_data(connection)
    with run_lock(database):
        database.close()
        with translated_failures(database.location):
            for suffix in ("-wal", "-shm", ""):
                database.path.with_name(database.path.name + suffix).unlink(missing_ok=True)
    return True
