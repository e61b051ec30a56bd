"""A file of sample data can be discarded, of whatever version; nothing else can."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, update

from ibkr_sync.domain.entities.futures import Origin
from ibkr_sync.domain.errors import AlreadyRunningError
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.database.lock import run_lock
from ibkr_sync.infrastructure.repositories.local_repo.sample_file import discard_sample_file
from ibkr_sync.infrastructure.repositories.local_repo.schema.revision import REVISIONS
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import products
from ibkr_sync.infrastructure.repositories.local_repo.schema.upgrading import writing
from integration.local_repo import older_versions


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "some.db") as database:
        yield database


def fill(database: Database, origin: Origin) -> None:
    """Make it a database of the oldest version, all from one origin."""
    older_versions.create(database, REVISIONS[0])
    with database.write() as connection:
        connection.execute(update(products).values(origin=origin))


def test_sample_data_goes_unless_a_run_is_at_work(database: Database, tmp_path: Path) -> None:
    fill(database, Origin.SAMPLE)
    with (
        run_lock(database),
        pytest.raises(AlreadyRunningError),
        Database(tmp_path / "some.db") as it,
    ):
        discard_sample_file(it)

    assert discard_sample_file(database)

    assert [path.name for path in tmp_path.iterdir()] == ["some.db.lock"]


def test_real_data_stays(database: Database) -> None:
    fill(database, Origin.IBKR)

    assert not discard_sample_file(database)

    with database.read() as connection:
        assert connection.execute(select(products.c.symbol)).first() is not None


def test_what_holds_no_product_stays(database: Database, tmp_path: Path) -> None:
    assert discard_sample_file(database)
    assert not any(tmp_path.iterdir())
    with writing(database):
        pass
    assert discard_sample_file(database)
    assert (tmp_path / "some.db").exists()
