"""Every keeper of the watchlist, the in-memory fake included, keeps its port's promises."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert

from contracts.watchlist_port import ES, WatchlistPortContract
from fakes.clock import FakeClock
from fakes.watchlist import InMemoryWatchlist
from ibkr_sync.domain.ports.watchlist import WatchlistPort
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.schema import tables
from ibkr_sync.infrastructure.repositories.local_repo.schema.upgrading import writing
from ibkr_sync.infrastructure.repositories.local_repo.watchlist import LocalWatchlist


class TestInMemoryWatchlist(WatchlistPortContract):
    @pytest.fixture
    def watchlist(self) -> WatchlistPort:
        return InMemoryWatchlist()


class DatabaseContract(WatchlistPortContract):
    """The contract on whatever database the fixture of that name opens."""

    @pytest.fixture
    def database(self) -> Iterator[Database]:
        raise NotImplementedError

    @pytest.fixture
    def watchlist(self, database: Database) -> WatchlistPort:
        return LocalWatchlist(database, FakeClock())

    def test_what_two_processes_added_at_once_is_listed_once_and_removed_for_good(
        self, watchlist: WatchlistPort, database: Database
    ) -> None:
        watchlist.add([ES])
        row = {"symbol": "ES", "exchange": "CME", "trading_class": "ES", "added_at": FakeClock()()}
        with writing(database) as connection:
            connection.execute(insert(tables.watchlist), row)
        assert watchlist.watched() == (ES,)
        watchlist.remove([ES])
        assert watchlist.watched() == ()


class TestSqliteFile(DatabaseContract):
    @pytest.fixture
    def database(self, tmp_path: Path) -> Iterator[Database]:
        with Database(tmp_path / "futures.db") as database:
            yield database

    def test_the_list_outlives_the_process(self, watchlist: WatchlistPort, tmp_path: Path) -> None:
        watchlist.add([ES])
        with Database(tmp_path / "futures.db") as again:
            assert LocalWatchlist(again, FakeClock()).watched() == (ES,)

    def test_asking_creates_no_file(self, watchlist: WatchlistPort, tmp_path: Path) -> None:
        watchlist.watched()
        watchlist.remove([ES])
        watchlist.add([])
        assert not any(tmp_path.iterdir())


class TestPostgres(DatabaseContract):
    @pytest.fixture
    def database(self, postgres_database: Database) -> Database:
        return postgres_database
