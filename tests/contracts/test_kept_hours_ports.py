"""Every keeper of hours by day, the in-memory fake included, keeps the promises of its port."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts import examples
from contracts.future_port import NOW_PLEASE, by_symbol
from contracts.kept_hours_port import (
    KEY,
    MONDAY,
    NOW,
    TUESDAY,
    WEDNESDAY,
    KeptHoursContract,
    StoredHours,
    day,
)
from databases import dump
from fakes.catalogue import FakeCatalogue
from fakes.clock import FakeClock
from fakes.hours import entries, sent_hours
from fakes.kept_hours import InMemoryKeptHours
from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.entities.schedules import TradingSchedule
from ibkr_sync.domain.evidence.acquired_future import AcquiredFuture
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.products.kept_hours import LocalKeptHours
from ibkr_sync.infrastructure.repositories.local_repo.repository import LocalFutureRepository


class InMemory(StoredHours):
    def __init__(self) -> None:
        self.port = self.hours = InMemoryKeptHours()

    def store(self, *windows: TradingSchedule) -> None:
        for window in windows:
            self.hours.keep(examples.ES, window, NOW)


class Local(StoredHours):
    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = FakeClock()
        self.port = LocalKeptHours(database)

    def store(self, *windows: TradingSchedule, name: str = KEY.symbol) -> None:
        local = LocalFutureRepository(self.database, Future, FakeCatalogue(), self.clock)
        with local.sync_run(Origin.IBKR) as run:
            for window in windows:
                chain = tuple(
                    dataclasses.replace(contract, schedule=window, symbol=name)
                    for contract in examples.ES.contracts
                )
                product = dataclasses.replace(examples.ES, symbol=name, contracts=chain)
                acquired = AcquiredFuture(product=product)
                local.get_or_create_entity(acquired, by_symbol(product), NOW_PLEASE, run)


class TestInMemoryKeptHours(KeptHoursContract):
    @pytest.fixture
    def stored(self) -> StoredHours:
        return InMemory()


class LocalContract(KeptHoursContract):
    """What the databases promise besides: how many rows they take."""

    def test_the_same_hours_twice_take_no_further_row(self, stored: Local) -> None:
        stored.store(examples.HOURS)
        before = dump(stored.database)["hours_days"]
        stored.store(examples.HOURS, examples.HOURS)
        assert dump(stored.database)["hours_days"] == before
        assert len(before) == 2

    def test_a_renamed_product_takes_its_days_along(self, stored: Local) -> None:
        stored.store(sent_hours(day(MONDAY)))
        stored.store(sent_hours(f"{day(TUESDAY)};{day(WEDNESDAY)}"), name="SPX")
        renamed = KEY._replace(symbol="SPX")
        assert list(stored.port.hours_by_day(renamed)) == [MONDAY, TUESDAY]
        assert stored.port.hours_by_day(KEY) == {}

    def test_a_clock_that_was_set_back_hides_nothing(self, stored: Local) -> None:
        first = "20261123:CLOSED;20261124:0800-20261124:1600;20261125:CLOSED"
        then = "20261123:CLOSED;20261124:0800-20261124:1200;20261125:CLOSED"
        stored.store(sent_hours(first))
        stored.clock.advance(days=-3)
        stored.store(sent_hours(then))
        assert self.trading(stored)[TUESDAY] == entries("20261124:0800-20261124:1200")
        assert len(dump(stored.database)["hours_days"]) == 3

    def test_hours_that_cannot_be_read_are_stored_as_sent(self, stored: Local) -> None:
        stored.store(sent_hours("whenever you like"))
        (row,) = dump(stored.database)["schedules"]
        assert (row.trading_hours, row.trading_sessions) == ("whenever you like", None)


class TestSqliteFile(LocalContract):
    @pytest.fixture
    def stored(self, sqlite_tables_path: Path) -> Iterator[StoredHours]:
        with Database(sqlite_tables_path) as database:
            yield Local(database)


class TestPostgres(LocalContract):
    @pytest.fixture
    def stored(self, postgres_database: Database) -> StoredHours:
        return Local(postgres_database)
