"""When a contract stops trading: one pure rule per kind of product.

Each rule takes the contract month and the name of the exchange calendar. Sources: the
contract specifications of the exchanges; dates recorded from IBKR are in the tests.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import cache

from ibkr_sync.infrastructure.replay.sample.calendar import (
    FRIDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    business_days_before,
    last_business_day,
    last_weekday,
    nth_weekday,
    on_or_after,
    on_or_before,
)

_DAY = timedelta(days=1)
_THIRTY_DAYS = timedelta(days=30)
_DECEMBER = 12
_NSE_TUESDAYS_FROM = (2025, 9)


@cache
def last_trade_date(rule: str, calendar: str, year: int, month: int) -> date:
    """The last trade date of the contract of a month; raises KeyError for no such rule."""
    return _RULES[rule](calendar, year, month)


def thirty_days_before(friday: date, calendar: str) -> date:
    """30 days before an option expiry Friday, each end moved to the business day before.

    Source: Cboe's final settlement date of VX futures; weekly ones use every Friday.
    """
    return on_or_before(on_or_before(friday, calendar) - _THIRTY_DAYS, calendar)


def _third_friday(calendar: str, year: int, month: int) -> date:
    return on_or_before(nth_weekday(year, month, FRIDAY, 3), calendar)


def _third_thursday(calendar: str, year: int, month: int) -> date:
    return on_or_before(nth_weekday(year, month, THURSDAY, 3), calendar)


def _second_thursday(calendar: str, year: int, month: int) -> date:
    return on_or_before(nth_weekday(year, month, THURSDAY, 2), calendar)


def _last_friday(calendar: str, year: int, month: int) -> date:
    return on_or_before(last_weekday(year, month, FRIDAY), calendar)


def _before_second_friday(calendar: str, year: int, month: int) -> date:
    settlement = on_or_before(nth_weekday(year, month, FRIDAY, 2), calendar)
    return business_days_before(settlement, 1, calendar)


def _two_before_third_wednesday(calendar: str, year: int, month: int) -> date:
    return business_days_before(nth_weekday(year, month, WEDNESDAY, 3), 2, calendar)


def _sofr_quarter_end(calendar: str, year: int, month: int) -> date:
    """A three-month rate contract is named by the month its quarter starts in."""
    end_year, end_month = _months_later(year, month, 3)
    return business_days_before(nth_weekday(end_year, end_month, WEDNESDAY, 3), 1, calendar)


def _crude_oil(calendar: str, year: int, month: int) -> date:
    """Three business days before the 25th, four when the 25th itself is none."""
    before_year, before_month = _months_later(year, month, -1)
    return business_days_before(
        on_or_before(date(before_year, before_month, 25), calendar), 3, calendar
    )


def _micro_crude_oil(calendar: str, year: int, month: int) -> date:
    return business_days_before(_crude_oil(calendar, year, month), 1, calendar)


def _three_before_delivery_month(calendar: str, year: int, month: int) -> date:
    return business_days_before(date(year, month, 1), 3, calendar)


def _last_business_day_of_preceding_month(calendar: str, year: int, month: int) -> date:
    return business_days_before(date(year, month, 1), 1, calendar)


def _brent(calendar: str, year: int, month: int) -> date:
    """The last business day two months ahead; in December not the one before New Year."""
    day = last_business_day(*_months_later(year, month, -2), calendar)
    return business_days_before(day, 1, calendar) if day.month == _DECEMBER else day


def _third_last_business_day(calendar: str, year: int, month: int) -> date:
    return business_days_before(last_business_day(year, month, calendar), 2, calendar)


def _seven_before_last_business_day(calendar: str, year: int, month: int) -> date:
    return business_days_before(last_business_day(year, month, calendar), 7, calendar)


def _eight_before_last_business_day(calendar: str, year: int, month: int) -> date:
    return business_days_before(last_business_day(year, month, calendar), 8, calendar)


def _before_last_business_day(calendar: str, year: int, month: int) -> date:
    return business_days_before(last_business_day(year, month, calendar), 1, calendar)


def _last_business_day(calendar: str, year: int, month: int) -> date:
    return last_business_day(year, month, calendar)


def _before_the_15th(calendar: str, year: int, month: int) -> date:
    return business_days_before(date(year, month, 15), 1, calendar)


def _tenth_business_day(calendar: str, year: int, month: int) -> date:
    day = on_or_after(date(year, month, 1), calendar)
    for _ in range(9):
        day = on_or_after(day + _DAY, calendar)
    return day


def _feeder_cattle(calendar: str, year: int, month: int) -> date:
    """The last Thursday with no holiday on it or on the four weekdays before."""
    day = last_weekday(year, month, THURSDAY)
    while business_days_before(day + _DAY, 5, calendar) != day - 6 * _DAY:
        day -= 7 * _DAY
    return day


def _two_before_the_10th(calendar: str, year: int, month: int) -> date:
    """Two exchange days before the delivery day, the 10th or the next exchange day."""
    return business_days_before(on_or_after(date(year, month, 10), calendar), 2, calendar)


def _volatility(calendar: str, year: int, month: int) -> date:
    option_year, option_month = _months_later(year, month, 1)
    return thirty_days_before(nth_weekday(option_year, option_month, FRIDAY, 3), calendar)


def _nse_monthly(calendar: str, year: int, month: int) -> date:
    """The last Thursday; since September 2025 the last Tuesday."""
    weekday = TUESDAY if (year, month) >= _NSE_TUESDAYS_FROM else THURSDAY
    return on_or_before(last_weekday(year, month, weekday), calendar)


def _months_later(year: int, month: int, months: int) -> tuple[int, int]:
    year, month = divmod(year * 12 + month - 1 + months, 12)
    return year, month + 1


_RULES: dict[str, Callable[[str, int, int], date]] = {
    "third_friday": _third_friday,
    "third_thursday": _third_thursday,
    "second_thursday": _second_thursday,
    "last_friday": _last_friday,
    "before_second_friday": _before_second_friday,
    "two_before_third_wednesday": _two_before_third_wednesday,
    "sofr_quarter_end": _sofr_quarter_end,
    "crude_oil": _crude_oil,
    "micro_crude_oil": _micro_crude_oil,
    "three_before_delivery_month": _three_before_delivery_month,
    "last_business_day_of_preceding_month": _last_business_day_of_preceding_month,
    "brent": _brent,
    "third_last_business_day": _third_last_business_day,
    "seven_before_last_business_day": _seven_before_last_business_day,
    "eight_before_last_business_day": _eight_before_last_business_day,
    "before_last_business_day": _before_last_business_day,
    "last_business_day": _last_business_day,
    "before_the_15th": _before_the_15th,
    "tenth_business_day": _tenth_business_day,
    "feeder_cattle": _feeder_cattle,
    "two_before_the_10th": _two_before_the_10th,
    "volatility": _volatility,
    "nse_monthly": _nse_monthly,
}
