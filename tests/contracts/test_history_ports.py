"""Every keeper of history, the in-memory fake included, keeps the promises of its port."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import event, text
from sqlalchemy.engine import Engine

from contracts.history_port import ES, HistoryPortContract, Storage, with_multiplier
from fakes.catalogue import FakeCatalogue
from fakes.clock import FakeClock
from fakes.futures import InMemoryFutureRepository
from fakes.history import InMemoryHistory
from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.entities.market_rules import MarketRule
from ibkr_sync.domain.errors import StorageError
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.runs.future_update import FutureFailure
from ibkr_sync.domain.runs.sync_policy import SyncRun
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.history.local_history import LocalHistory
from ibkr_sync.infrastructure.repositories.local_repo.repository import LocalFutureRepository
from ibkr_sync.infrastructure.repositories.local_repo.schema.upgrading import writing


class FakeStorage(Storage):
    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.local = self._local = InMemoryFutureRepository(Future, clock)
        self.history = self._history = InMemoryHistory(self._local)

    def noted(self, product: Future, run: SyncRun) -> None:
        self._history.note(product, run, self.clock.now)

    def noted_absence(self, product: Future, run: SyncRun) -> None:
        self._history.note_absence(product.key, run, self.clock.now)

    def noted_rule(self, rule: MarketRule, run: SyncRun) -> None:
        self._history.note_ladder(rule, run, self.clock.now)


class DatabaseStorage(Storage):
    def __init__(self, clock: FakeClock, database: Database) -> None:
        super().__init__(clock)
        self.database = database
        self.local = LocalFutureRepository(database, Future, FakeCatalogue(), clock)
        self.history = LocalHistory(database)

    def noted(self, product: Future, run: SyncRun) -> None:
        """The rows are the history."""

    def noted_absence(self, product: Future, run: SyncRun) -> None:
        """The rows are the history."""

    def noted_rule(self, rule: MarketRule, run: SyncRun) -> None:
        """The rows are the history."""


class TestInMemory(HistoryPortContract):
    @pytest.fixture
    def storage(self, clock: FakeClock) -> Storage:
        return FakeStorage(clock)


class DatabaseContract(HistoryPortContract):
    @pytest.fixture
    def database(self) -> Iterator[Database]:
        raise NotImplementedError

    @pytest.fixture
    def storage(self, clock: FakeClock, database: Database) -> DatabaseStorage:
        return DatabaseStorage(clock, database)

    def test_a_failure_is_no_reply(self, storage: DatabaseStorage) -> None:
        storage.store(ES)
        seen = storage.clock.now
        storage.clock.advance(days=1)
        with storage.local.sync_run(Origin.IBKR) as run:
            error = StorageError("f.db", "broken")
            failure = FutureFailure(query=FutureQuery(symbol="ES"), error=error)
            storage.local.record_failure(failure, run)
        assert [reply.at for reply in storage.history.of_product(ES.key).replies] == [seen]

    def test_what_can_not_be_read_is_a_failure_of_the_database(
        self, storage: DatabaseStorage
    ) -> None:
        storage.store(ES)
        storage.store(with_multiplier(ES, 5))
        with writing(storage.database) as connection:
            spoil = "UPDATE field_changes SET old = 'many' WHERE field = 'multiplier'"
            connection.execute(text(spoil))
        with pytest.raises(StorageError, match="not a number: 'many'"):
            storage.history.of_product(ES.key)


class TestSqlite(DatabaseContract):
    @pytest.fixture
    def database(self) -> Iterator[Database]:
        with Database(":memory:") as database:
            yield database

    def test_what_happened_lately_is_found_by_index(self, storage: DatabaseStorage) -> None:
        storage.store(ES)
        storage.store_rule(MarketRule(market_rule_id=67, increments=()))
        statements: list[tuple[str, tuple[object, ...]]] = []

        def note(*args: object) -> None:
            statements.append((str(args[2]), args[3]))  # type: ignore[arg-type]

        event.listen(Engine, "before_cursor_execute", note)
        try:
            storage.history.period(storage.clock.now, storage.clock.now)
            storage.history.of_product(ES.key)
        finally:
            event.remove(Engine, "before_cursor_execute", note)
        with storage.database.read() as connection:
            plans = [
                row[3]
                for statement, values in statements
                if "FROM field_changes" in statement or "FROM contracts" in statement
                for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            ]
        assert len(plans) >= 4
        assert [plan for plan in plans if plan.startswith("SCAN")] == []


class TestPostgres(DatabaseContract):
    @pytest.fixture
    def database(self, postgres_database: Database) -> Database:
        return postgres_database
