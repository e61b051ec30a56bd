"""Every local repository, the in-memory fake included, finds products by their names."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from contracts.stored_products import LocalOf, StoredProductsContract
from fakes.catalogue import FakeCatalogue
from fakes.clock import FakeClock
from fakes.futures import InMemoryFutureRepository
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.ports.futures import LocalFuturePort
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.repository import LocalFutureRepository


class TestInMemory(StoredProductsContract):
    @pytest.fixture
    def local_of(self) -> LocalOf:
        first = InMemoryFutureRepository(Future, FakeClock())

        def make(entity: type[Future]) -> LocalFuturePort[Future]:
            other = InMemoryFutureRepository(entity, FakeClock())
            other.products, other.market_rules = first.products, first.market_rules
            return other

        return make


class DatabaseContract(StoredProductsContract):
    @pytest.fixture
    def database(self) -> Iterator[Database]:
        raise NotImplementedError

    @pytest.fixture
    def local_of(self, database: Database) -> LocalOf:
        return lambda entity: LocalFutureRepository(database, entity, FakeCatalogue(), FakeClock())


class TestSqlite(DatabaseContract):
    @pytest.fixture
    def database(self) -> Iterator[Database]:
        with Database(":memory:") as database:
            yield database


class TestPostgres(DatabaseContract):
    @pytest.fixture
    def database(self, postgres_database: Database) -> Database:
        return postgres_database
