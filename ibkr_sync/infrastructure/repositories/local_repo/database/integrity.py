"""Whether a database file is sound."""

from __future__ import annotations

from ibkr_sync.domain.errors import DatabaseDamagedError
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database


def check_integrity(database: Database) -> None:
    """Raise DatabaseDamagedError if SQLite finds damage, or another StorageError.

    The whole file is read: a third of a second for 100 MB in memory. Neither a value that is
    wrong and well-formed is found, nor an index that lacks a row, for which SQLite takes up to
    ten times as long. A server looks after its own files.
    Source: https://sqlite.org/pragma.html#pragma_quick_check
    """
    if not database.is_sqlite or database.is_absent:
        return
    with database.read() as connection:
        finding = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalars().first())
    if finding != "ok":
        raise DatabaseDamagedError(database.name, finding.splitlines()[-1])
