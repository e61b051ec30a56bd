"""Hours by day: nothing is lost, and what a window no longer reaches stays."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.hours import entries
from ibkr_sync.domain.entities.schedules import ClosedDay, HoursKind, ScheduleEntries
from ibkr_sync.domain.errors import HoursUnknownError
from ibkr_sync.domain.hours.hours_by_day import (
    DayHours,
    SentDay,
    hours_of_day,
    newly_said_days,
    spans_of_hours,
)
from ibkr_sync.domain.hours.product_hours import product_hours_by_day
from one_case import one_case
from recorded_es import TRADING_HOURS

CHICAGO = ZoneInfo("America/Chicago")
SYDNEY = "20231016:0828-20231016:1630;20231016:1708-20231017:0700;20231017:0828-20231017:1630"


def cut(text: str) -> dict[date, DayHours]:
    """A window of trading hours by day."""
    return {
        day: hours(found) for day, found in product_hours_by_day(entries(text), CHICAGO).items()
    }


def hours(
    trading: ScheduleEntries | None,
    liquid: ScheduleEntries | None = None,
    zone: str = "America/Chicago",
) -> DayHours:
    return DayHours(trading=trading, liquid=liquid, time_zone=zone)


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
    @given(text=windows())
    def test_the_days_one_after_another_are_the_window(self, text: str) -> None:
        window = entries(text)
        by_day = product_hours_by_day(window, CHICAGO)
        assert sorted(map(str, (session for day in by_day.values() for session in day))) == sorted(
            map(str, window)
        )

    @given(text=windows())
    def test_a_window_has_each_of_its_days_once_and_in_order(self, text: str) -> None:
        assert len(spans_of_hours(cut(text))) == (1 if entries(text) else 0)

    def test_entries_belong_to_the_day_they_begin_on_by_the_exchanges_clock(self) -> None:
        days = cut(TRADING_HOURS)
        assert list(days) == [date(2025, 5, day) for day in range(21, 28)]
        assert days[date(2025, 5, 24)].trading == entries("20250524:CLOSED")

    def test_a_day_within_on_which_nothing_begins_has_no_hours_of_its_own(self) -> None:
        assert cut(TRADING_HOURS)[date(2025, 5, 23)].trading == ()

    def test_a_window_of_more_than_a_year_is_none(self) -> None:
        assert cut("19700101:CLOSED;21991231:CLOSED") == {}


class TestWhatIsNewInAWindow:
    @given(text=windows())
    def test_the_same_window_twice_says_nothing_new(self, text: str) -> None:
        days = cut(text)
        assert newly_said_days(days, {}) == days
        assert newly_said_days(days, days) == {}

    def test_a_day_that_changed_is_said_anew_and_no_other(self) -> None:
        kept = cut("20261123:0800-20261123:1600;20261124:0800-20261124:1600")
        sent = cut("20261123:0800-20261123:1600;20261124:CLOSED")
        assert newly_said_days(sent, kept) == {
            date(2026, 11, 24): hours(entries("20261124:CLOSED"))
        }

    def test_sessions_of_the_first_day_that_are_over_stay(self) -> None:
        kept, rolled = cut(SYDNEY), cut(SYDNEY.partition(";")[2])
        assert newly_said_days(rolled, kept) == {}

    def test_a_day_inside_the_window_that_lost_a_session_is_said_anew(self) -> None:
        before = "20231015:CLOSED;"
        kept, sent = cut(before + SYDNEY), cut(before + SYDNEY.partition(";")[2])
        lost = {date(2023, 10, 16): hours(entries("20231016:1708-20231017:0700"))}
        assert newly_said_days(sent, kept) == lost

    def test_what_a_window_does_not_reach_stays_as_it_was_kept(self) -> None:
        day = date(2025, 5, 21)
        overnight = entries("20250521:1700-20250522:1600")
        liquid = entries("20250521:0830-20250521:1600")
        kept = {day: hours(overnight, liquid)}
        assert newly_said_days({day: hours(overnight)}, kept) == {}
        closed = entries("20250521:CLOSED")
        assert newly_said_days({day: hours(closed)}, kept) == {day: hours(closed, liquid)}

    def test_days_that_were_kept_as_sent_are_said_anew_but_for_the_first(self) -> None:
        sent = SentDay(trading="x", liquid=None, time_zone_id="US/Central")
        days = cut("20261123:0800-20261123:1600;20261124:CLOSED")
        said = newly_said_days(days, {day: DayHours(sent=sent) for day in days})
        assert list(said) == [date(2026, 11, 24)], "of today sessions may be over"


class TestAsking:
    days = cut(TRADING_HOURS)

    def test_a_day_has_the_session_that_began_the_evening_before(self) -> None:
        friday = date(2025, 5, 23)
        found = hours_of_day("ES", friday, HoursKind.TRADING, self.days)
        (session,) = found.entries
        assert session == found.calendar.sessions[1]
        assert not found.may_lack_earlier_sessions

    @one_case(
        ("before", "may_lack"),
        [
            (None, True),
            (hours(None, ()), True),
            (hours(()), False),
            (hours((ClosedDay(date=date(2025, 5, 21)),)), False),
        ],
    )
    def test_where_the_day_before_is_not_known_a_session_may_be_missing(
        self, before: DayHours | None, may_lack: bool
    ) -> None:
        day = date(2025, 5, 22)
        days = {day: hours(entries("20250522:1700-20250523:1600"))}
        days |= {} if before is None else {date(2025, 5, 21): before}
        found = hours_of_day("ES", day, HoursKind.TRADING, days)
        assert found.may_lack_earlier_sessions == may_lack
        assert len(found.entries) == 1

    def test_each_day_is_one_of_its_own_zone(self) -> None:
        first, second = date(2026, 11, 17), date(2026, 11, 18)
        days = {
            first: hours(entries("20261117:1700-20261118:1500")),
            second: hours(
                entries("20261118:1700-20261119:1600", "America/New_York"), zone="America/New_York"
            ),
        }
        for day, known in days.items():
            found = hours_of_day("ES", day, HoursKind.TRADING, days)
            assert found.calendar.time_zone.key == known.time_zone
            assert [session.opens_at.hour for session in found.calendar.sessions] == [23, 22]

    def test_of_days_that_contradict_each_other_the_one_asked_for_goes_first(self) -> None:
        first, second = date(2026, 11, 17), date(2026, 11, 18)
        berlin = entries("20261118:1700-20261119:1600;20261119:CLOSED", "Europe/Berlin")
        days = {
            first: hours(entries("20261117:1700-20261118:1600")),
            second: hours(berlin, zone="Europe/Berlin"),
        }
        for day, opens in ((first, 23), (second, 16)):
            found = hours_of_day("ES", day, HoursKind.TRADING, days)
            (session,) = found.calendar.sessions
            assert session.opens_at.hour == opens

    def test_a_day_without_a_zone_is_unknown(self) -> None:
        day = date(2026, 11, 17)
        with pytest.raises(HoursUnknownError, match="without a time zone"):
            hours_of_day("ES", day, HoursKind.TRADING, {day: DayHours(trading=())})

    def test_a_day_that_is_not_kept_is_unknown_and_the_known_days_are_named(self) -> None:
        day = date(2025, 5, 20)
        with pytest.raises(HoursUnknownError, match="known are 2025-05-21 to 2025-05-27"):
            hours_of_day("ES", day, HoursKind.TRADING, self.days)
        with pytest.raises(HoursUnknownError, match=r"of 2025-05-20 nothing is kept$"):
            hours_of_day("ES", day, HoursKind.TRADING, {})

    def test_of_many_spans_of_days_the_last_are_named(self) -> None:
        days = {date(2025, 1, day): hours(()) for day in range(1, 30, 2)}
        with pytest.raises(HoursUnknownError, match=r"known are …, 2025-01-23, 2025-01-25"):
            hours_of_day("ES", date(2026, 1, 1), HoursKind.TRADING, days)
