"""What is known of an exchange's sessions at an instant and on a day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from ibkr_sync.domain.entities.schedules import ClosedDay, TradingSession
from ibkr_sync.domain.hours.sessions import MarketState, SessionCalendar
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.trading_hours import (
    read_trading_hours,
)
from one_case import one_case

CHICAGO = ZoneInfo("America/Chicago")
ES = read_trading_hours(
    "20261122:1700-20261123:1600;20261123:1700-20261124:1600;20261124:1700-20261125:1600;"
    "20261125:1700-20261126:1200;20261126:1700-20261127:1215;20261128:CLOSED",
    CHICAGO,
)
"""Thanksgiving week: Sunday evening to Friday noon, Saturday closed."""


def chicago(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=CHICAGO)


class TestNow:
    def test_a_session_is_open_from_its_opening_until_before_its_closing(self) -> None:
        session = ES.sessions[0]
        assert ES.current(session.opens_at) == session
        assert ES.current(session.closes_at - timedelta(microseconds=1)) == session
        assert ES.current(session.closes_at) is None

    def test_an_open_market_is_open_until_its_session_closes(self) -> None:
        assert ES.state(chicago(23, 12)) == MarketState(is_open=True, until=chicago(23, 16))
        assert ES.is_open(chicago(23, 12)) is True

    def test_between_sessions_the_market_is_closed_until_the_next_opening(self) -> None:
        assert ES.state(chicago(23, 16, 30)) == MarketState(is_open=False, until=chicago(23, 17))
        assert ES.is_open(chicago(23, 16, 30)) is False
        assert ES.next_open(chicago(23, 16, 30)) == chicago(23, 17)

    def test_the_next_opening_of_an_open_market_is_that_of_its_next_session(self) -> None:
        assert ES.next_open(chicago(23, 12)) == chicago(23, 17)

    def test_a_session_that_follows_at_once_prolongs_the_opening(self) -> None:
        two = read_trading_hours("20261123:0700-1830,1830-2330", CHICAGO)
        assert two.state(chicago(23, 12)) == MarketState(is_open=True, until=chicago(23, 23, 30))
        assert two.current(chicago(23, 12)) == two.sessions[0]

    def test_on_the_closed_day_at_the_end_the_next_opening_is_not_known(self) -> None:
        assert ES.state(chicago(28, 12)) == MarketState(is_open=False, until=None)
        assert ES.next_open(chicago(28, 12)) is None

    @one_case("day", [21, 22])
    def test_before_the_first_opening_its_day_and_the_day_before_are_closed(self, day: int) -> None:
        assert ES.state(chicago(day, 0)) == MarketState(is_open=False, until=chicago(22, 17))

    @one_case("day", [20, 29])
    def test_outside_the_days_sent_nothing_is_known(self, day: int) -> None:
        assert ES.state(chicago(day, 12)) is None
        assert ES.is_open(chicago(day, 12)) is None

    def test_after_the_last_closing_nothing_is_known(self) -> None:
        one = read_trading_hours("20261123:0830-20261123:1600", CHICAGO)
        assert one.is_open(chicago(23, 16)) is None

    def test_without_hours_nothing_is_known(self) -> None:
        empty = SessionCalendar(time_zone=CHICAGO)
        assert empty.state(chicago(23, 12)) is None
        assert (empty.known_from, empty.known_until) == (None, None)

    def test_any_zone_may_ask(self) -> None:
        tokyo = datetime(2026, 11, 24, 3, tzinfo=ZoneInfo("Asia/Tokyo"))  # noon in Chicago
        assert ES.state(tokyo) == ES.state(chicago(23, 12))


class TestDays:
    def test_an_overnight_session_belongs_to_both_its_days(self) -> None:
        assert ES.on(date(2026, 11, 23)) == (ES.sessions[0], ES.sessions[1])
        assert ES.on(date(2026, 11, 22)) == (ES.sessions[0],)

    def test_a_session_that_ends_at_midnight_is_not_of_the_next_day(self) -> None:
        until_midnight = read_trading_hours("20261123:0830-20261123:2400", CHICAGO)
        assert until_midnight.on(date(2026, 11, 24)) == ()

    def test_closed_days_stand_among_the_sessions_in_order(self) -> None:
        assert ES.between(date(2026, 11, 27), date(2026, 11, 29)) == (
            ES.sessions[4],
            ClosedDay(date=date(2026, 11, 28)),
        )

    def test_a_closed_day_is_the_exchanges_day(self) -> None:
        assert ES.on(date(2026, 11, 28)) == (ClosedDay(date=date(2026, 11, 28)),)

    def test_what_is_known_begins_a_day_before_the_days_sent_and_ends_with_them(self) -> None:
        assert ES.known_from == chicago(21, 0)
        assert ES.known_until == chicago(29, 0)


class TestInvariants:
    def test_a_session_is_in_utc(self) -> None:
        with pytest.raises(ValueError, match="UTC"):
            TradingSession(opens_at=chicago(23, 8), closes_at=chicago(23, 9))
        with pytest.raises(ValueError, match="UTC"):
            TradingSession(
                opens_at=datetime(2026, 11, 23, 8, tzinfo=timezone(timedelta(hours=1))),
                closes_at=datetime(2026, 11, 23, 9, tzinfo=UTC),
            )

    def test_a_session_closes_after_it_opens(self) -> None:
        noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
        with pytest.raises(ValueError, match="before it opens"):
            TradingSession(opens_at=noon, closes_at=noon)

    def test_a_session_lasts_the_time_that_passes(self) -> None:
        assert ES.sessions[0].duration == timedelta(hours=23)

    def test_sessions_are_in_order_and_apart(self) -> None:
        first, second = ES.sessions[:2]
        with pytest.raises(ValueError, match="before another closes"):
            SessionCalendar(time_zone=CHICAGO, sessions=(second, first))

    def test_closed_days_are_in_order_and_there_once(self) -> None:
        saturday = ClosedDay(date=date(2026, 11, 28))
        with pytest.raises(ValueError, match="in order"):
            SessionCalendar(time_zone=CHICAGO, closed_days=(saturday, saturday))
