"""Hours cut into days: nothing is lost, and what a window no longer reaches stays."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from example_products import DECEMBER, ES, MARCH, NOW
from ibkr_sync.domain.entities.contracts import ContractSeries, TradingSchedule
from ibkr_sync.domain.errors import HoursUnknownError
from ibkr_sync.domain.hours.contract_hours import HoursKind
from ibkr_sync.domain.hours.hours_by_day import (
    DayHours,
    hours_of_day,
    join_days,
    newly_said_days,
    schedule_by_day,
    spans_of_hours,
    split_by_day,
)
from recorded_es import LIQUID_HOURS, TRADING_HOURS

CHICAGO = ZoneInfo("America/Chicago")
ES_HOURS = TradingSchedule(
    trading_hours=TRADING_HOURS, liquid_hours=LIQUID_HOURS, time_zone_id="US/Central"
)
SYDNEY = "20231016:0828-20231016:1630;20231016:1708-20231017:0700;20231017:0828-20231017:1630"


def trading(text: str) -> TradingSchedule:
    return TradingSchedule(trading_hours=text, liquid_hours="", time_zone_id="X")


def in_zone(time_zone_id: str, text: str) -> DayHours:
    return DayHours(trading=text, liquid=None, time_zone_id=time_zone_id)


def in_chicago(_time_zone_id: str) -> ZoneInfo:
    return CHICAGO


def hours(text: str | None, liquid: str | None = None) -> DayHours:
    return DayHours(trading=text, liquid=liquid, time_zone_id="X")


@st.composite
def windows(draw: st.DrawFn) -> str:
    """Hours as IBKR sends them: segments by day, some closed, some left out, some twofold."""
    day = draw(st.dates(date(1990, 1, 1), date(2090, 1, 1)))
    segments = draw(st.sampled_from(["", ";"]))
    for _ in range(draw(st.integers(0, 30))):
        form = draw(
            st.sampled_from(
                [
                    *("{0}:CLOSED;", "{0}:0400-{0}:2000;", "{0}:1700-{1}:1600;", "{0}:0830-1500;"),
                    *("{0}:0800-{0}:1200;{0}:1300-{0}:1600;", "{0}:0800-{0}:1200,{0}:1300-1600;"),
                    "",
                ]
            )
        )
        following = day + timedelta(days=1)
        segments += form.format(f"{day:%Y%m%d}", f"{following:%Y%m%d}")
        day += timedelta(days=2)
    return segments


class TestCuttingAWindow:
    @given(text=windows(), liquid=windows())
    def test_the_days_joined_again_are_what_was_sent(self, text: str, liquid: str) -> None:
        schedule = TradingSchedule(trading_hours=text, liquid_hours=liquid, time_zone_id="X")
        days = split_by_day(schedule)
        for kind, sent in ((HoursKind.TRADING, text), (HoursKind.LIQUID, liquid)):
            assert join_days(each.of(kind) for each in days.values()) == sent.strip(";")

    @given(text=windows())
    def test_a_window_has_each_of_its_days_once_and_in_order(self, text: str) -> None:
        days = list(split_by_day(trading(text)))
        assert len(spans_of_hours(days)) == (1 if days else 0)

    def test_segments_belong_to_the_day_they_begin_with(self) -> None:
        days = split_by_day(ES_HOURS, CHICAGO)
        assert list(days) == [date(2025, 5, day) for day in range(21, 28)]
        assert days[date(2025, 5, 24)] == DayHours(
            trading="20250524:CLOSED", liquid="20250524:CLOSED", time_zone_id="US/Central"
        )

    def test_a_day_within_without_a_segment_has_no_hours_of_its_own(self) -> None:
        friday = split_by_day(ES_HOURS, CHICAGO)[date(2025, 5, 23)]
        assert (friday.trading, friday.liquid) == ("", "20250523:0830-20250523:1600")

    def test_a_day_that_one_window_does_not_reach_is_not_told_by_it(self) -> None:
        assert split_by_day(ES_HOURS, CHICAGO)[date(2025, 5, 21)].liquid is None

    @pytest.mark.parametrize("text", ["nonsense", "20261123:all day", "20261123:1700"])
    def test_hours_that_cannot_be_read_are_refused(self, text: str) -> None:
        with pytest.raises(ValueError, match="is neither a session nor CLOSED"):
            split_by_day(trading(text))

    def test_a_window_of_more_than_a_year_is_refused(self) -> None:
        with pytest.raises(ValueError, match="are no window"):
            split_by_day(trading("19700101:CLOSED;21991231:CLOSED"))


class TestWhatIsNewInAWindow:
    @given(text=windows())
    def test_the_same_window_twice_says_nothing_new(self, text: str) -> None:
        days = split_by_day(trading(text))
        assert newly_said_days(days, {}) == days
        assert newly_said_days(days, days) == {}

    def test_a_day_that_changed_is_said_anew_and_no_other(self) -> None:
        kept = split_by_day(trading("20261123:0800-20261123:1600;20261124:0800-20261124:1600"))
        sent = split_by_day(trading("20261123:0800-20261123:1600;20261124:CLOSED"))
        assert newly_said_days(sent, kept) == {date(2026, 11, 24): hours("20261124:CLOSED")}

    def test_sessions_of_the_first_day_that_are_over_stay(self) -> None:
        kept = split_by_day(trading(SYDNEY))
        rolled = split_by_day(trading(SYDNEY.partition(";")[2]))
        assert newly_said_days(rolled, kept) == {}

    def test_a_day_inside_the_window_that_lost_a_session_is_said_anew(self) -> None:
        before = "20231015:CLOSED;"
        kept = split_by_day(trading(before + SYDNEY))
        sent = split_by_day(trading(before + SYDNEY.partition(";")[2]))
        lost = {date(2023, 10, 16): hours("20231016:1708-20231017:0700")}
        assert newly_said_days(sent, kept) == lost

    def test_what_a_window_does_not_reach_stays_as_it_was_kept(self) -> None:
        day = date(2025, 5, 21)
        kept = {day: hours("20250521:1700-20250522:1600", "20250521:0830-20250521:1600")}
        assert newly_said_days({day: hours("20250521:1700-20250522:1600")}, kept) == {}
        sent = {day: hours("20250521:CLOSED")}
        assert newly_said_days(sent, kept) == {
            day: hours("20250521:CLOSED", "20250521:0830-20250521:1600")
        }


class TestTheContractThatStandsForTheProduct:
    def test_it_is_the_nearest_listed_one_with_hours(self) -> None:
        later = dataclasses.replace(MARCH, schedule=ES_HOURS)
        both = dataclasses.replace(ES, contracts=(DECEMBER, later))
        assert DECEMBER.schedule is not None
        assert schedule_by_day(both, NOW) == DECEMBER
        without = dataclasses.replace(DECEMBER, schedule=None)
        assert schedule_by_day(dataclasses.replace(ES, contracts=(without, later)), NOW) == later

    def test_a_weekly_one_does_not_stand_for_a_product_with_monthly_ones(self) -> None:
        weekly = dataclasses.replace(
            DECEMBER, con_id=7, series=ContractSeries.WEEKLY, schedule=ES_HOURS
        )
        monthly = dataclasses.replace(MARCH, schedule=ES_HOURS)
        product = dataclasses.replace(ES, contracts=(weekly, monthly))
        assert schedule_by_day(product, NOW) == monthly

    def test_where_nothing_is_listed_there_is_none(self) -> None:
        assert schedule_by_day(ES, datetime(2050, 1, 1, tzinfo=UTC)) is None


class TestAsking:
    days = split_by_day(ES_HOURS, CHICAGO)

    def test_a_day_has_the_session_that_began_the_evening_before(self) -> None:
        friday = date(2025, 5, 23)
        found = hours_of_day("ES", friday, HoursKind.TRADING, self.days, in_chicago)
        (session,) = found.entries
        assert session == found.calendar.sessions[1]
        assert not found.may_lack_earlier_sessions

    @pytest.mark.parametrize(
        ("before", "may_lack"),
        [
            (None, True),
            (hours(None, "x"), True),
            (hours(""), False),
            (hours("20250521:CLOSED"), False),
        ],
    )
    def test_where_the_day_before_is_not_known_a_session_may_be_missing(
        self, before: DayHours | None, may_lack: bool
    ) -> None:
        day = date(2025, 5, 22)
        days = {day: hours("20250522:1700-20250523:1600")}
        days |= {} if before is None else {date(2025, 5, 21): before}
        found = hours_of_day("ES", day, HoursKind.TRADING, days, in_chicago)
        assert found.may_lack_earlier_sessions == may_lack
        assert len(found.entries) == 1

    def test_each_day_is_read_in_its_own_zone(self) -> None:
        first, second = date(2026, 11, 17), date(2026, 11, 18)
        days = {
            first: in_zone("US/Central", "20261117:1700-20261118:1500"),
            second: in_zone("US/Eastern", "20261118:1700-20261119:1600"),
        }
        for day, zone in ((first, "US/Central"), (second, "US/Eastern")):
            found = hours_of_day("ES", day, HoursKind.TRADING, days, ZoneInfo)
            assert found.calendar.time_zone.key == zone
            assert [
                (each.opens_at.hour, each.closes_at.hour) for each in found.calendar.sessions
            ] == [
                (23, 21),
                (22, 21),
            ]

    def test_of_two_zones_that_contradict_each_other_that_of_the_day_goes_first(self) -> None:
        first, second = date(2026, 11, 17), date(2026, 11, 18)
        days = {
            first: in_zone("US/Central", "20261117:1700-20261118:1600"),
            second: in_zone("Europe/Berlin", "20261118:1700-20261119:1600;20261119:CLOSED"),
        }
        for day, opens in ((first, 23), (second, 16)):
            found = hours_of_day("ES", day, HoursKind.TRADING, days, ZoneInfo)
            (session,) = found.calendar.sessions
            assert session.opens_at.hour == opens

    def test_a_day_of_an_unknown_zone_is_unknown_and_one_beside_it_is_not(self) -> None:
        first, second = date(2026, 11, 17), date(2026, 11, 18)
        days = {
            first: in_zone("Nowhere", "20261117:1700-20261118:1600"),
            second: in_zone("US/Central", "20261118:1700-20261119:1600"),
        }
        zone_of = {"US/Central": CHICAGO}.get
        with pytest.raises(HoursUnknownError, match="without a time zone"):
            hours_of_day("ES", first, HoursKind.TRADING, days, zone_of)
        assert len(hours_of_day("ES", second, HoursKind.TRADING, days, zone_of).entries) == 2

    def test_a_day_that_is_not_kept_is_unknown_and_the_known_days_are_named(self) -> None:
        with pytest.raises(HoursUnknownError, match="known are 2025-05-22 to 2025-05-27"):
            hours_of_day("ES", date(2025, 5, 21), HoursKind.LIQUID, self.days, in_chicago)
        with pytest.raises(HoursUnknownError, match=r"of 2025-05-21 nothing is kept$"):
            hours_of_day("ES", date(2025, 5, 21), HoursKind.LIQUID, {}, in_chicago)

    def test_of_many_spans_of_days_the_last_are_named(self) -> None:
        days = {date(2025, 1, day): hours("") for day in range(1, 30, 2)}
        with pytest.raises(HoursUnknownError, match=r"known are …, 2025-01-23, 2025-01-25"):
            hours_of_day("ES", date(2026, 1, 1), HoursKind.TRADING, days, in_chicago)
