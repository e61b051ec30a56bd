"""Damage in the database file is found wherever it is, without changing a byte."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from contracts import examples
from contracts.future_port import query_for
from databases import fingerprints
from fakes.catalogue import FakeCatalogue
from fakes.clock import FakeClock
from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.errors import DatabaseDamagedError, StorageError, ViewMissingError
from ibkr_sync.domain.evidence.acquired_future import AcquiredFuture
from ibkr_sync.domain.runs.sync_policy import SyncPolicy
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.database.integrity import check_integrity
from ibkr_sync.infrastructure.repositories.local_repo.pins import LocalPins
from ibkr_sync.infrastructure.repositories.local_repo.repository import LocalFutureRepository
from ibkr_sync.infrastructure.repositories.local_repo.schema.completeness import (
    refuse_incomplete_schema,
)
from ibkr_sync.infrastructure.repositories.local_repo.schema.upgrading import upgrade
from ibkr_sync.infrastructure.repositories.local_repo.schema.views.creation import VIEW_NAMES

PAGE = 4096
HEADER = 100
"""Bytes of the first page that tell what the file is; others look at those first."""


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    path = tmp_path / "futures.db"
    with Database(path) as database:
        repository = LocalFutureRepository(database, Future, FakeCatalogue(), FakeClock())
        with repository.sync_run(Origin.IBKR) as run:
            for product in (examples.ES, examples.DAX):
                acquired = AcquiredFuture(product=product)
                repository.get_or_create_entity(acquired, query_for(product), SyncPolicy(), run)
    return path


def refuse_damage_of(path: Path) -> None:
    with Database(path) as database:
        check_integrity(database)


def change(database: Database, statement: str) -> None:
    with database.write() as connection:
        connection.exec_driver_sql(statement)


def test_a_sound_file_is_left_as_it_is(filled: Path) -> None:
    before = fingerprints(filled.parent)
    refuse_damage_of(filled)
    assert fingerprints(filled.parent) == before


def test_what_holds_no_file_yet_is_sound_and_gets_none(tmp_path: Path) -> None:
    refuse_damage_of(tmp_path / "futures.db")
    (tmp_path / "empty.db").touch()
    refuse_damage_of(tmp_path / "empty.db")
    with Database(":memory:") as database:
        check_integrity(database)
    assert [path.name for path in tmp_path.iterdir()] == ["empty.db"]


def test_any_page_that_is_overwritten_is_found(filled: Path, tmp_path: Path) -> None:
    sound = filled.read_bytes()
    damaged = tmp_path / "damaged.db"
    for page in range(len(sound) // PAGE):
        begin, end = page * PAGE or HEADER, (page + 1) * PAGE
        damaged.write_bytes(sound[:begin] + b"\xff" * (end - begin) + sound[end:])
        with pytest.raises(DatabaseDamagedError):
            refuse_damage_of(damaged)
        assert damaged.read_bytes()[begin:end] == b"\xff" * (end - begin)


@pytest.mark.parametrize("pages", [1, 2, 20, -1])
def test_a_file_that_is_cut_off_is_found(filled: Path, tmp_path: Path, pages: int) -> None:
    damaged = Path(shutil.copy(filled, tmp_path / "damaged.db"))
    with damaged.open("r+b") as file:
        file.truncate(pages * PAGE if pages > 0 else filled.stat().st_size + pages * PAGE)
    with pytest.raises(DatabaseDamagedError):
        refuse_damage_of(damaged)


def test_what_can_not_be_read_at_all_is_no_damage(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="it is not a file"):
        refuse_damage_of(tmp_path)


def test_a_schema_that_is_no_text_any_more_is_damage(filled: Path) -> None:
    """The driver then fails over SQLite's message, which quotes the text."""
    sound = filled.read_bytes()
    filled.write_bytes(sound.replace(b"CREATE TABLE products", b"CREATE T\xfbBLE products"))
    assert filled.read_bytes() != sound
    with pytest.raises(DatabaseDamagedError, match="not UTF-8"):
        refuse_damage_of(filled)


@pytest.mark.parametrize("location", ["file", "server"])
def test_what_the_schema_lacks_is_damage_unless_it_is_a_view_which_is_made_anew(
    filled: Path, location: str, request: pytest.FixtureRequest
) -> None:
    place = filled if location == "file" else request.getfixturevalue("postgres_url")
    with Database(place) as database:
        upgrade(database)
        refuse_incomplete_schema(database)
        for views in (VIEW_NAMES[-1:], VIEW_NAMES[::-1]):
            for view in views:
                change(database, f"DROP VIEW {view}")
            if len(views) == 1:
                change(database, f"CREATE VIEW {views[0]} AS SELECT 1 AS run")
            with pytest.raises(ViewMissingError, match=f"its schema lacks view {view}"):
                refuse_incomplete_schema(database)
            assert [upgrade(database).made_views for _ in range(2)] == [True, False]
            refuse_incomplete_schema(database)
        change(database, "ALTER TABLE contracts RENAME COLUMN local_symbol TO gone")
        with pytest.raises(DatabaseDamagedError, match=r"its schema lacks column contracts.local_"):
            refuse_incomplete_schema(database)
        change(database, "ALTER TABLE contracts RENAME COLUMN gone TO local_symbol")
        change(database, "DROP TABLE pins")
        with pytest.raises(DatabaseDamagedError, match="its schema lacks table pins"):
            refuse_incomplete_schema(database)
        with pytest.raises(DatabaseDamagedError, match="its schema is not whole"):
            LocalPins(database, FakeClock()).all_pins()
