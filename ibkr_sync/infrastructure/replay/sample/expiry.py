"""When a contract stops trading: one pure rule per kind of product.

Each rule takes the contract month and the market's business days. Sources: the
contract specifications of the exchanges; dates recorded from IBKR are in the tests.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import cache

from ibkr_sync.domain.delivery.business_days import (
    FRIDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    BusinessDays,
    last_weekday,
    nth_weekday,
)

_DAY = timedelta(days=1)
_THIRTY_DAYS = timedelta(days=30)
_DECEMBER = 12
_NSE_TUESDAYS_FROM = (2025, 9)


@cache
def expiry_date(rule: str, days: BusinessDays, year: int, month: int) -> date:
    """The last trade date of the contract of a month; raises KeyError for no such rule."""
    return _RULES[rule](days, year, month)


def thirty_days_before_expiry(friday: date, days: BusinessDays) -> date:
    """30 days before an option expiry Friday, each end moved to the business day before.

    Source: Cboe's final settlement date of VX futures; weekly ones use every Friday.
    """
    return days.on_or_before(days.on_or_before(friday) - _THIRTY_DAYS)


def _third_friday(days: BusinessDays, year: int, month: int) -> date:
    return days.on_or_before(nth_weekday(year, month, FRIDAY, 3))


def _third_thursday(days: BusinessDays, year: int, month: int) -> date:
    return days.on_or_before(nth_weekday(year, month, THURSDAY, 3))


def _second_thursday(days: BusinessDays, year: int, month: int) -> date:
    return days.on_or_before(nth_weekday(year, month, THURSDAY, 2))


def _last_friday(days: BusinessDays, year: int, month: int) -> date:
    return days.on_or_before(last_weekday(year, month, FRIDAY))


def _before_second_friday(days: BusinessDays, year: int, month: int) -> date:
    settlement = days.on_or_before(nth_weekday(year, month, FRIDAY, 2))
    return days.before(settlement, 1)


def _two_before_third_wednesday(days: BusinessDays, year: int, month: int) -> date:
    return days.before(nth_weekday(year, month, WEDNESDAY, 3), 2)


def _sofr_quarter_end(days: BusinessDays, year: int, month: int) -> date:
    """A three-month rate contract is named by the month its quarter starts in."""
    end_year, end_month = _months_later(year, month, 3)
    return days.before(nth_weekday(end_year, end_month, WEDNESDAY, 3), 1)


def _crude_oil(days: BusinessDays, year: int, month: int) -> date:
    """Three business days before the 25th, four when the 25th itself is none."""
    before_year, before_month = _months_later(year, month, -1)
    return days.before(days.on_or_before(date(before_year, before_month, 25)), 3)


def _micro_crude_oil(days: BusinessDays, year: int, month: int) -> date:
    return days.before(_crude_oil(days, year, month), 1)


def _three_before_delivery_month(days: BusinessDays, year: int, month: int) -> date:
    return days.before(date(year, month, 1), 3)


def _last_business_day_of_preceding_month(days: BusinessDays, year: int, month: int) -> date:
    return days.before(date(year, month, 1), 1)


def _brent(days: BusinessDays, year: int, month: int) -> date:
    """The last business day two months ahead; in December not the one before New Year."""
    day = days.last_of_month(*_months_later(year, month, -2))
    return days.before(day, 1) if day.month == _DECEMBER else day


def _third_last_business_day(days: BusinessDays, year: int, month: int) -> date:
    return days.before(days.last_of_month(year, month), 2)


def _seven_before_last_business_day(days: BusinessDays, year: int, month: int) -> date:
    return days.before(days.last_of_month(year, month), 7)


def _eight_before_last_business_day(days: BusinessDays, year: int, month: int) -> date:
    return days.before(days.last_of_month(year, month), 8)


def _before_last_business_day(days: BusinessDays, year: int, month: int) -> date:
    return days.before(days.last_of_month(year, month), 1)


def _last_business_day(days: BusinessDays, year: int, month: int) -> date:
    return days.last_of_month(year, month)


def _before_the_15th(days: BusinessDays, year: int, month: int) -> date:
    return days.before(date(year, month, 15), 1)


def _tenth_business_day(days: BusinessDays, year: int, month: int) -> date:
    day = days.on_or_after(date(year, month, 1))
    for _ in range(9):
        day = days.on_or_after(day + _DAY)
    return day


def _feeder_cattle(days: BusinessDays, year: int, month: int) -> date:
    """The last Thursday with no holiday on it or on the four weekdays before."""
    day = last_weekday(year, month, THURSDAY)
    while days.before(day + _DAY, 5) != day - 6 * _DAY:
        day -= 7 * _DAY
    return day


def _two_before_the_10th(days: BusinessDays, year: int, month: int) -> date:
    """Two exchange days before the delivery day, the 10th or the next exchange day."""
    return days.before(days.on_or_after(date(year, month, 10)), 2)


def _volatility(days: BusinessDays, year: int, month: int) -> date:
    option_year, option_month = _months_later(year, month, 1)
    return thirty_days_before_expiry(nth_weekday(option_year, option_month, FRIDAY, 3), days)


def _nse_monthly(days: BusinessDays, year: int, month: int) -> date:
    """The last Thursday; since September 2025 the last Tuesday."""
    weekday = TUESDAY if (year, month) >= _NSE_TUESDAYS_FROM else THURSDAY
    return days.on_or_before(last_weekday(year, month, weekday))


def _months_later(year: int, month: int, months: int) -> tuple[int, int]:
    year, month = divmod(year * 12 + month - 1 + months, 12)
    return year, month + 1


_RULES: dict[str, Callable[[BusinessDays, int, int], date]] = {
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
