"""Files with our tables, copied from one: a fraction of the work of making them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from databases import create_schema
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database


@pytest.fixture(scope="session")
def _sqlite_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite_tables") / "futures.db"
    path.touch(mode=0o600)
    with Database(path) as database:
        create_schema(database)
    return path


@pytest.fixture
def sqlite_tables_path(_sqlite_tables: Path, tmp_path: Path) -> Path:
    """A file of one's own with our tables, which are empty."""
    return Path(shutil.copy(_sqlite_tables, tmp_path / "futures.db"))


@pytest.fixture
def sqlite_database(sqlite_tables_path: Path) -> Iterator[Database]:
    """The same file, open."""
    with Database(sqlite_tables_path) as database:
        yield database
