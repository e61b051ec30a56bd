from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ibkr_sync.domain.delivery.business_days import BusinessDays, last_weekday, nth_weekday
from ibkr_sync.domain.ports.business_calendar import BusinessCalendar

dates = st.dates(date(2018, 1, 1), date(2049, 12, 31))


class Holidays(BusinessCalendar):
    """A market that also settles on no day of a month whose number a divisor divides."""

    def is_business_day(self, day: date, market: str) -> bool:
        return day.weekday() < 5 and day.day % int(market) != 0


markets = st.sampled_from(["2", "3", "7", "25"]).map(lambda name: BusinessDays(Holidays(), name))


@given(dates, markets)
def test_moving_to_a_business_day_passes_over_no_other(day: date, days: BusinessDays) -> None:
    before, after = days.on_or_before(day), days.on_or_after(day)
    assert before <= day <= after
    between = [before + timedelta(days=n) for n in range((after - before).days + 1)]
    assert [other for other in between if other in days] == sorted({before, after})


@given(dates, st.integers(1, 12), markets)
def test_going_back_n_business_days_passes_over_n_minus_one(
    day: date, count: int, days: BusinessDays
) -> None:
    result = days.before(day, count)
    between = (result + timedelta(days=n) for n in range((day - result).days))
    assert sum(other in days for other in between) == count


@given(st.integers(2018, 2049), st.integers(1, 12), st.integers(0, 6))
def test_the_nth_weekdays_of_a_month_are_a_week_apart_up_to_the_last(
    year: int, month: int, weekday: int
) -> None:
    last = last_weekday(year, month, weekday)
    expected = [nth_weekday(year, month, weekday, n) for n in range(1, 6)]
    in_month = [day for day in expected if day.month == month]
    assert in_month[-1] == last
    assert {day.weekday() for day in in_month} == {weekday}


@given(st.integers(2018, 2049), st.integers(1, 12), markets)
def test_nothing_settles_after_the_last_business_day(
    year: int, month: int, days: BusinessDays
) -> None:
    last = days.last_of_month(year, month)
    rest = [last + timedelta(days=n) for n in range(1, 31)]
    assert not any(day in days for day in rest if day.month == month)
