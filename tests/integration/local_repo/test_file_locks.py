"""An open SQLite file keeps its locks: another program that leaves must not tidy up under us."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.schema.revision import read_revision
from ibkr_sync.infrastructure.repositories.local_repo.schema.upgrading import upgrade, writing

COME_AND_GO = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("SELECT count(*) FROM sync_runs").fetchone()
connection.close()
"""


def test_looking_at_the_schema_again_drops_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "own.db"
    with Database(path) as database:
        upgrade(database)
    with Database(path) as database:
        read_revision(database)
        with writing(database):
            pass
        read_revision(database)
        with Database(path) as other:  # as a program may open it twice
            read_revision(other)
        # Whoever closes the last connection deletes the WAL, with what it alone holds.
        subprocess.run([sys.executable, "-c", COME_AND_GO, path], check=True)  # noqa: S603 - ours
        assert path.with_name("own.db-wal").exists()
