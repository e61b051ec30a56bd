"""Everyone who tells of runs, the in-memory fake included, keeps the promises of the port."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from contracts.runs_port import RunsPortContract
from fakes.catalogue import FakeCatalogue
from fakes.clock import FakeClock
from fakes.futures import InMemoryFutureRepository
from fakes.runs import InMemoryRuns
from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.errors import StorageError
from ibkr_sync.domain.ports.futures import LocalFuturePort
from ibkr_sync.domain.ports.runs import RunsPort
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.repository import LocalFutureRepository
from ibkr_sync.infrastructure.repositories.local_repo.runs.local_runs import LocalRuns
from ibkr_sync.infrastructure.repositories.local_repo.schema.upgrading import writing


class TestInMemoryRuns(RunsPortContract):
    @pytest.fixture
    def local(self, clock: FakeClock) -> InMemoryFutureRepository[Future]:
        return InMemoryFutureRepository(Future, clock)

    @pytest.fixture
    def runs(self, local: InMemoryFutureRepository[Future]) -> RunsPort:
        return InMemoryRuns(local)


class DatabaseContract(RunsPortContract):
    """The contract on whatever database the fixture of that name opens."""

    @pytest.fixture
    def database(self) -> Iterator[Database]:
        raise NotImplementedError

    @pytest.fixture
    def local(self, database: Database, clock: FakeClock) -> LocalFuturePort[Future]:
        return LocalFutureRepository(database, Future, FakeCatalogue(), clock)

    @pytest.fixture
    def runs(self, database: Database) -> RunsPort:
        return LocalRuns(database)

    def test_a_value_that_can_not_be_read_is_reported(
        self, local: LocalFuturePort[Future], runs: RunsPort, database: Database
    ) -> None:
        with local.sync_run(Origin.IBKR):
            pass
        with writing(database) as connection:
            connection.execute(text("UPDATE sync_runs SET outcome = 'odd'"))
        with pytest.raises(StorageError, match="odd"):
            runs.last_runs(1)


class TestSqliteFile(DatabaseContract):
    @pytest.fixture
    def database(self, tmp_path: Path) -> Iterator[Database]:
        with Database(tmp_path / "futures.db") as database:
            yield database

    def test_asking_creates_no_file(self, runs: RunsPort, tmp_path: Path) -> None:
        runs.last_runs(1)
        runs.last_attempts()
        assert not any(tmp_path.iterdir())


class TestPostgres(DatabaseContract):
    @pytest.fixture
    def database(self, postgres_database: Database) -> Database:
        return postgres_database
