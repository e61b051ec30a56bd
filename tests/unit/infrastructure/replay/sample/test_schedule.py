"""Trading and liquid hours as TWS writes them."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ibkr_sync.infrastructure.calendars import HolidayCalendar
from ibkr_sync.infrastructure.replay.sample.schedule import SCHEDULES, scheduled_hours
from one_case import one_case

CALENDAR = HolidayCalendar()

SEGMENT = re.compile(r"(\d{8}):(?:CLOSED|\d{4}-(\d{8}):\d{4})")
days = st.dates(date(2020, 1, 1), date(2035, 12, 31))


def test_globex_hours_equal_the_recorded_reply_for_es_around_memorial_day() -> None:
    trading, liquid = scheduled_hours(SCHEDULES["globex_index"], CALENDAR, date(2025, 5, 22))
    assert trading == (
        "20250521:1700-20250522:1600;20250522:1700-20250523:1600;20250524:CLOSED;"
        "20250525:1700-20250526:1200;20250526:1700-20250527:1600;20250527:1700-20250528:1600"
    )
    assert liquid == (
        "20250522:0830-20250522:1600;20250523:0830-20250523:1600;20250524:CLOSED;"
        "20250525:1700-20250526:1200;20250527:0830-20250527:1600;20250527:1700-20250528:1600"
    )


def test_a_day_without_an_overnight_session_is_closed_on_both_weekend_days() -> None:
    trading, liquid = scheduled_hours(SCHEDULES["eurex_index"], CALENDAR, date(2026, 11, 26))
    assert trading.split(";")[1:5] == [
        "20261127:0110-20261127:2200",
        "20261128:CLOSED",
        "20261129:CLOSED",
        "20261130:0110-20261130:2200",
    ]
    assert liquid.split(";")[0] == "20261126:0900-20261126:1730"


def test_an_evening_session_carries_the_date_it_starts_on() -> None:
    trading, _ = scheduled_hours(SCHEDULES["sydney"], CALENDAR, date(2026, 11, 27))
    assert trading.split(";")[:3] == [
        "20261127:0950-20261127:1630",
        "20261127:1710-20261128:0700",
        "20261128:CLOSED",
    ]


def test_a_holiday_on_which_the_market_does_not_open_has_no_session_of_its_own() -> None:
    trading, _ = scheduled_hours(SCHEDULES["globex_index"], CALENDAR, date(2025, 12, 24))
    assert trading.split(";")[:3] == [
        "20251223:1700-20251224:1600",
        "20251225:1700-20251226:1600",
        "20251227:CLOSED",
    ]


@one_case("name", SCHEDULES)
def test_six_trade_dates_are_sent_with_all_sessions_of_each(name: str) -> None:
    monday_of_a_week_without_holidays = date(2026, 11, 16)
    trading, liquid = scheduled_hours(SCHEDULES[name], CALENDAR, monday_of_a_week_without_holidays)
    for text, notation in ((trading, SCHEDULES[name].trading), (liquid, SCHEDULES[name].liquid)):
        segments = text.split(";")
        assert all(SEGMENT.fullmatch(segment) for segment in segments)
        assert len(segments) == 5 * len(notation.split()) + 1
        assert segments[-1] == "20261121:CLOSED"


@given(st.sampled_from(sorted(SCHEDULES)), days)
def test_sessions_follow_one_another_and_start_near_today(name: str, today: date) -> None:
    for text in scheduled_hours(SCHEDULES[name], CALENDAR, today):
        spans = [span(segment) for segment in text.split(";")]
        assert all(start < end for start, end in spans)
        assert all(first[1] <= second[0] for first, second in pairwise(spans))
        first_day = date.fromisoformat(spans[0][0][:8])
        assert today - timedelta(days=1) <= first_day


@given(st.sampled_from(sorted(SCHEDULES)), days)
def test_saturdays_are_closed(name: str, today: date) -> None:
    trading, liquid = scheduled_hours(SCHEDULES[name], CALENDAR, today)
    saturday = today + timedelta(days=(5 - today.weekday()) % 7)
    for text in (trading, liquid):
        of_saturday = [part for part in text.split(";") if part.startswith(f"{saturday:%Y%m%d}")]
        assert of_saturday in ([f"{saturday:%Y%m%d}:CLOSED"], [])


def span(segment: str) -> tuple[str, str]:
    """Start and end in an order that text comparison keeps; a closed day spans all of it."""
    if segment.endswith("CLOSED"):
        return segment[:8] + ":0700", segment[:8] + ":1700"
    start, end = segment.split("-")
    return start, end
