"""The hours of a contract."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

from example_products import DECEMBER, ES, MARCH, NOW
from fakes.hours import sent_hours
from ibkr_sync.domain.entities.contracts import ContractListing, FuturesContract
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.entities.schedules import HoursKind
from ibkr_sync.domain.hours.contract_hours import contract_market_state, hours_of
from ibkr_sync.domain.hours.sessions import MarketState

TODAY = "20261122:1700-20261123:1600"
LAST_WEEK = "20261115:1700-20261116:1600"


def with_hours(
    contract: FuturesContract, trading: str, liquid: str = "", zone: str | None = "America/Chicago"
) -> FuturesContract:
    schedule = sent_hours(trading, liquid)
    if zone is None:
        schedule = dataclasses.replace(schedule, trading_sessions=None, liquid_sessions=None)
    return dataclasses.replace(contract, time_zone=zone, schedule=schedule)


def product_of(*contracts: FuturesContract) -> Future:
    return dataclasses.replace(ES, contracts=contracts)


class TestMarketState:
    """The last session of DECEMBER ends with its last trade, at 14:30 UTC on 18 December."""

    LAST_DAY = "20261217:1700-20261218:1600;20261220:1700-20261221:1600"
    MORNING = datetime(2026, 12, 18, 13, 30, tzinfo=UTC)

    def test_the_last_trade_ends_the_last_session(self) -> None:
        state = contract_market_state(with_hours(DECEMBER, self.LAST_DAY), self.MORNING)
        assert state == MarketState(is_open=True, until=DECEMBER.last_trade_at)

    def test_before_that_a_session_ends_as_it_says(self) -> None:
        state = contract_market_state(with_hours(DECEMBER, TODAY), NOW)
        assert state == MarketState(is_open=True, until=datetime(2026, 11, 23, 22, tzinfo=UTC))

    def test_nothing_opens_after_the_last_trade(self) -> None:
        hours = "20261217:1700-20261218:0600;20261220:1700-20261221:1600"
        state = contract_market_state(with_hours(DECEMBER, hours), self.MORNING)
        assert state == MarketState(is_open=False, until=None)

    def test_a_contract_that_has_expired_or_was_delisted_trades_no_more(self) -> None:
        december = with_hours(DECEMBER, self.LAST_DAY)
        gone = ContractListing(
            first_seen_at=NOW, last_seen_at=NOW, missing_since=NOW, delisted_at=NOW
        )
        delisted = dataclasses.replace(december, listing=gone)
        assert contract_market_state(december, self.MORNING + timedelta(hours=2)) is None
        assert contract_market_state(delisted, self.MORNING) is None


class TestOfAContract:
    def test_they_are_read_in_the_contracts_zone(self) -> None:
        hours = hours_of(with_hours(DECEMBER, TODAY))
        assert hours is not None
        assert hours.calendar is not None
        assert hours.calendar.sessions[0].opens_at == datetime(2026, 11, 22, 23, tzinfo=UTC)
        assert (hours.text, hours.time_zone_id, hours.problem) == (TODAY, "US/Central", None)

    def test_liquid_hours_are_their_own(self) -> None:
        contract = with_hours(DECEMBER, TODAY, "20261123:0830-20261123:1600")
        hours = hours_of(contract, HoursKind.LIQUID)
        assert hours is not None
        assert hours.calendar is not None
        assert hours.calendar.sessions[0].duration == timedelta(hours=7, minutes=30)

    def test_without_a_schedule_or_with_an_empty_one_there_are_none(self) -> None:
        assert hours_of(MARCH) is None
        assert hours_of(with_hours(DECEMBER, TODAY), HoursKind.LIQUID) is None

    def test_in_a_zone_that_is_not_known_they_stay_as_sent(self) -> None:
        hours = hours_of(with_hours(DECEMBER, TODAY, zone=None))
        assert hours is not None
        assert (hours.calendar, hours.text) == (None, TODAY)
        assert hours.problem == "time zone 'US/Central' is not known"

    def test_a_text_that_cannot_be_read_stays_as_sent(self) -> None:
        hours = hours_of(with_hours(DECEMBER, "20261123:all day"))
        assert hours is not None
        assert (hours.calendar, hours.text) == (None, "20261123:all day")
        assert hours.problem == "trading hours can't be read"
