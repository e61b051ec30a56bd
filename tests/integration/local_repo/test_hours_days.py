"""Hours by day, kept with the product and asked for when the window has rolled on."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from contracts import examples
from databases import dump
from fakes.clock import FakeClock
from ibkr_sync.domain.entities.contracts import TradingSchedule
from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.hours_by_day import DayHours, split_by_day
from ibkr_sync.infrastructure.repositories.local_repo.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.hours_days import LocalKeptHours
from integration.local_repo.products import OLD, repository, store


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    is_postgres = request.param == "postgres"
    location = request.getfixturevalue("postgres_url") if is_postgres else tmp_path / "futures.db"
    with Database(location) as database:
        yield database


def with_hours(trading: str, liquid: str = "") -> Future:
    schedule = TradingSchedule(
        trading_hours=trading, liquid_hours=liquid, time_zone_id="US/Central"
    )
    chain = tuple(dataclasses.replace(each, schedule=schedule) for each in OLD.contracts)
    return dataclasses.replace(OLD, contracts=chain)


def keep(database: Database, *products: Future, clock: FakeClock | None = None) -> None:
    clock = clock or FakeClock()
    local = repository(database, clock)
    with local.sync_run(Origin.IBKR) as run:
        for product in products:
            store(local, product, run, clock)


def kept(database: Database) -> dict[date, str | None]:
    days = LocalKeptHours(database).hours_by_day(OLD.key)
    return {day: hours.trading for day, hours in days.items()}


def test_storing_a_product_keeps_the_days_of_its_hours(database: Database) -> None:
    keep(database, OLD)
    days = LocalKeptHours(database).hours_by_day(OLD.key)
    assert days == split_by_day(examples.HOURS)
    assert days[date(2026, 11, 25)] == DayHours(
        trading="20261125:CLOSED", liquid="20261125:CLOSED", time_zone_id="US/Central"
    )


def test_the_same_reply_twice_adds_no_row(database: Database) -> None:
    keep(database, OLD)
    before = dump(database)["hours_days"]
    keep(database, OLD, OLD)
    assert dump(database)["hours_days"] == before
    assert len(before) == 3


def test_days_that_the_window_has_left_stay_known(database: Database) -> None:
    keep(
        database,
        with_hours("20261123:0800-20261123:1600;20261124:0800-20261124:1600"),
        with_hours("20261124:0800-20261124:1600;20261125:CLOSED"),
    )
    assert kept(database) == {
        date(2026, 11, 23): "20261123:0800-20261123:1600",
        date(2026, 11, 24): "20261124:0800-20261124:1600",
        date(2026, 11, 25): "20261125:CLOSED",
    }
    assert len(dump(database)["hours_days"]) == 3


def test_a_day_that_changes_has_what_was_said_last_and_both_rows(database: Database) -> None:
    clock = FakeClock()
    keep(database, with_hours("20261123:CLOSED;20261124:0800-20261124:1600"), clock=clock)
    clock.advance(days=-3)  # a clock that is set back hides nothing
    keep(database, with_hours("20261123:CLOSED;20261124:0800-20261124:1200"), clock=clock)
    assert kept(database)[date(2026, 11, 24)] == "20261124:0800-20261124:1200"
    assert len(dump(database)["hours_days"]) == 3


@pytest.mark.parametrize("text", ["whenever you like", "", "19700101:CLOSED;21991231:CLOSED"])
def test_hours_that_cannot_be_read_are_stored_as_sent_and_not_by_day(
    database: Database, text: str
) -> None:
    keep(database, with_hours(text))
    tables = dump(database)
    assert tables["hours_days"] == []
    assert {row.trading_hours for row in tables["contract_schedules"]} == {text}


def test_of_a_product_that_is_not_stored_nothing_is_kept(database: Database) -> None:
    assert LocalKeptHours(database).hours_by_day(OLD.key) == {}
