"""Exchange holidays and business-day arithmetic."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibkr_sync.infrastructure.replay.sample.calendar import (
    business_days_before,
    easter,
    full_closures,
    holidays,
    is_business_day,
    last_business_day,
    last_weekday,
    nth_weekday,
    on_or_after,
    on_or_before,
)

CALENDARS = (
    "us", "uk", "us_uk", "europe", "ice_energy", "japan", "hong_kong", "singapore", "korea",
    "india", "australia",
)  # fmt: skip
days = st.dates(date(2018, 1, 1), date(2049, 12, 31))
calendars = st.sampled_from(CALENDARS)


@pytest.mark.parametrize(
    "sunday",
    ["2000-04-23", "2008-03-23", "2011-04-24", "2019-04-21", "2024-03-31", "2025-04-20",
     "2026-04-05", "2038-04-25"],
)  # fmt: skip
def test_easter_falls_on_the_known_sundays(sunday: str) -> None:
    expected = date.fromisoformat(sunday)
    assert easter(expected.year) == expected


def test_the_us_holidays_of_2026_are_those_published_by_cme() -> None:
    assert sorted(map(str, holidays("us", 2026))) == [
        "2026-01-01", "2026-01-19", "2026-02-16", "2026-04-03", "2026-05-25",
        "2026-06-19", "2026-07-03", "2026-09-07", "2026-11-26", "2026-12-25",
    ]  # fmt: skip


def test_the_us_new_year_on_a_saturday_is_not_observed() -> None:
    assert is_business_day(date(2021, 12, 31), "us")
    assert not is_business_day(date(2023, 1, 2), "us")


def test_juneteenth_is_kept_from_2022_on() -> None:
    assert is_business_day(date(2020, 6, 19), "us")
    assert not is_business_day(date(2022, 6, 20), "us")


def test_christmas_on_a_weekend_moves_past_boxing_day_in_london() -> None:
    assert {date(2021, 12, 27), date(2021, 12, 28)} <= holidays("uk", 2021)
    assert {date(2022, 12, 26), date(2022, 12, 27)} <= holidays("uk", 2022)


def test_an_asian_holiday_on_a_saturday_does_not_move() -> None:
    assert is_business_day(date(2023, 2, 13), "japan")
    assert not is_business_day(date(2020, 5, 6), "japan")


def test_the_lunar_new_year_closes_hong_kong_for_three_days() -> None:
    closed = [day for day in holidays("hong_kong", 2025) if day < date(2025, 2, 10)]
    assert sorted(map(str, closed)) == ["2025-01-01", "2025-01-29", "2025-01-30", "2025-01-31"]


def test_trading_stays_closed_only_on_three_us_holidays() -> None:
    assert sorted(map(str, full_closures(2027))) == ["2027-01-01", "2027-03-26", "2027-12-24"]


@pytest.mark.parametrize("calendar", CALENDARS)
def test_every_calendar_closes_for_the_end_of_the_year_and_on_few_other_days(calendar: str) -> None:
    christmas_or_the_turn_of_the_year = {date(2026, 12, 25), date(2026, 12, 31)}
    assert christmas_or_the_turn_of_the_year & holidays(calendar, 2026)
    assert len(holidays(calendar, 2026)) < 20


def test_an_unknown_calendar_is_refused() -> None:
    with pytest.raises(KeyError):
        is_business_day(date(2026, 11, 23), "mars")


@given(days, calendars)
def test_moving_to_a_business_day_passes_over_no_other(day: date, calendar: str) -> None:
    before, after = on_or_before(day, calendar), on_or_after(day, calendar)
    assert before <= day <= after
    between = [before + timedelta(days=n) for n in range((after - before).days + 1)]
    assert [each for each in between if is_business_day(each, calendar)] == sorted({before, after})


@given(days, st.integers(1, 12), calendars)
def test_going_back_n_business_days_passes_over_n_minus_one(
    day: date, count: int, calendar: str
) -> None:
    result = business_days_before(day, count, calendar)
    between = (result + timedelta(days=n) for n in range((day - result).days))
    assert sum(is_business_day(each, calendar) for each in between) == count


@given(st.integers(2018, 2049), st.integers(1, 12), st.integers(0, 6))
def test_the_nth_weekdays_of_a_month_are_a_week_apart_up_to_the_last(
    year: int, month: int, weekday: int
) -> None:
    last = last_weekday(year, month, weekday)
    expected = [nth_weekday(year, month, weekday, n) for n in range(1, 6)]
    in_month = [day for day in expected if day.month == month]
    assert in_month[-1] == last
    assert {day.weekday() for day in in_month} == {weekday}


@given(st.integers(2018, 2049), st.integers(1, 12), calendars)
def test_nothing_settles_after_the_last_business_day(year: int, month: int, calendar: str) -> None:
    last = last_business_day(year, month, calendar)
    rest = [last + timedelta(days=n) for n in range(1, 31)]
    assert not any(is_business_day(day, calendar) for day in rest if day.month == month)
