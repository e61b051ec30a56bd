"""Exchange holidays computed by rule, and the business-day arithmetic built on them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from functools import cache

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = range(7)
_DAY = timedelta(days=1)
_JUNETEENTH_FROM = 2022

_LUNAR_NEW_YEAR = {
    2016: (2, 8), 2017: (1, 28), 2018: (2, 16), 2019: (2, 5), 2020: (1, 25),
    2021: (2, 12), 2022: (2, 1), 2023: (1, 22), 2024: (2, 10), 2025: (1, 29),
    2026: (2, 17), 2027: (2, 6), 2028: (1, 26), 2029: (2, 13), 2030: (2, 3),
    2031: (1, 23), 2032: (2, 11), 2033: (1, 31), 2034: (2, 19), 2035: (2, 8),
    2036: (1, 28), 2037: (2, 15), 2038: (2, 4), 2039: (1, 24), 2040: (2, 12),
    2041: (2, 1), 2042: (1, 22), 2043: (2, 10), 2044: (1, 30), 2045: (2, 17),
}  # fmt: skip


def nth_weekday(year: int, month: int, weekday: int, n: int) -> date:
    """The n-th (from 1) given weekday (Monday is 0) of a month."""
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))


def last_weekday(year: int, month: int, weekday: int) -> date:
    """The last given weekday (Monday is 0) of a month."""
    last = last_day(year, month)
    return last - timedelta(days=(last.weekday() - weekday) % 7)


def last_day(year: int, month: int) -> date:
    """The last calendar day of a month."""
    return date(year + month // 12, month % 12 + 1, 1) - _DAY


@cache
def easter(year: int) -> date:
    """Easter Sunday in the Gregorian calendar, by the Meeus/Jones/Butcher method."""
    century, year_of_century = divmod(year, 100)
    golden = year % 19
    epact = (
        19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15
    ) % 30
    offset = (32 + 2 * (century % 4) + 2 * (year_of_century // 4) - epact - year_of_century % 4) % 7
    correction = (golden + 11 * epact + 22 * offset) // 451
    month, day = divmod(epact + offset - 7 * correction + 114, 31)
    return date(year, month, day + 1)


def is_business_day(day: date, calendar: str) -> bool:
    """Whether the exchanges of `calendar` settle that day; raises KeyError for no such calendar."""
    return day.weekday() < SATURDAY and day not in holidays(calendar, day.year)


def on_or_before(day: date, calendar: str) -> date:
    """`day` itself when it is a business day, else the nearest one before."""
    while not is_business_day(day, calendar):
        day -= _DAY
    return day


def on_or_after(day: date, calendar: str) -> date:
    """`day` itself when it is a business day, else the nearest one after."""
    while not is_business_day(day, calendar):
        day += _DAY
    return day


def business_days_before(day: date, count: int, calendar: str) -> date:
    """The business day that lies `count` of them before `day`, which need not be one itself."""
    for _ in range(count):
        day = on_or_before(day - _DAY, calendar)
    return day


def last_business_day(year: int, month: int, calendar: str) -> date:
    """The last business day of a month."""
    return on_or_before(last_day(year, month), calendar)


@cache
def holidays(calendar: str, year: int) -> frozenset[date]:
    """The holidays of a year on which the exchanges of `calendar` don't settle.

    Computed by rule: one-off closures are unknown, and of the Asian holidays that follow the
    moon only the New Year is there (to 2045). Raises KeyError for no such calendar.
    """
    return frozenset(_CALENDARS[calendar](year))


@cache
def full_closures(year: int) -> frozenset[date]:
    """The US holidays on which electronic trading doesn't open at all, observed rules applied."""
    return frozenset(
        {
            _observed_nearest(date(year, 12, 25)),
            _observed_after(date(year, 1, 1)),
            _good_friday(year),
        }
    )


def _observed_nearest(day: date) -> date:
    """US rule: a Saturday is observed on Friday, a Sunday on Monday."""
    return day + {SATURDAY: -_DAY, SUNDAY: _DAY}.get(day.weekday(), timedelta(0))


def _observed_after(day: date) -> date:
    """US rule for New Year: a Sunday is observed on Monday, a Saturday not at all."""
    return day + _DAY if day.weekday() == SUNDAY else day


def _moved_forward(days: Iterable[date], *, off: int = SATURDAY) -> set[date]:
    """Holidays on a weekday from `off` on, or on another holiday, move to the next free day."""
    moved: set[date] = set()
    for day in sorted(days):
        observed = day
        while observed.weekday() >= off or observed in moved:
            observed += _DAY
        moved.add(observed)
    return moved


def _us(year: int) -> set[date]:
    """Source: the holiday calendar of CME Group; Juneteenth from 2022."""
    days = {
        _observed_after(date(year, 1, 1)),
        nth_weekday(year, 1, MONDAY, 3),
        nth_weekday(year, 2, MONDAY, 3),
        _good_friday(year),
        last_weekday(year, 5, MONDAY),
        _observed_nearest(date(year, 7, 4)),
        nth_weekday(year, 9, MONDAY, 1),
        nth_weekday(year, 11, THURSDAY, 4),
        _observed_nearest(date(year, 12, 25)),
    }
    if year >= _JUNETEENTH_FROM:
        days.add(_observed_nearest(date(year, 6, 19)))
    return days


def _uk(year: int) -> set[date]:
    """Source: bank holidays of England; royal occasions are left out."""
    return {
        *_moved_forward(_fixed(year, (1, 1), (12, 25), (12, 26))),
        _good_friday(year),
        _easter_monday(year),
        nth_weekday(year, 5, MONDAY, 1),
        last_weekday(year, 5, MONDAY),
        last_weekday(year, 8, MONDAY),
    }


def _us_uk(year: int) -> set[date]:
    """Days that are a holiday in either country (CME crypto settles in London)."""
    return _us(year) | _uk(year)


def _europe(year: int) -> set[date]:
    """Source: the Eurex trading calendar; nothing moves off a weekend."""
    return {
        *_fixed(year, (1, 1), (5, 1), (12, 24), (12, 25), (12, 26), (12, 31)),
        _good_friday(year),
        _easter_monday(year),
    }


def _ice_energy(year: int) -> set[date]:
    """The days on which ICE's energy markets don't trade at all."""
    return {*_moved_forward(_fixed(year, (1, 1), (12, 25))), _good_friday(year)}


def _japan(year: int) -> set[date]:
    """Fixed and Monday holidays and the exchange's turn of the year, without the equinoxes."""
    national = _fixed(
        year, (2, 11), (2, 23), (4, 29), (5, 3), (5, 4), (5, 5), (8, 11), (11, 3), (11, 23)
    )
    return {
        *_moved_forward(national, off=SUNDAY),
        *_fixed(year, (1, 1), (1, 2), (1, 3), (12, 31)),
        nth_weekday(year, 1, MONDAY, 2),
        nth_weekday(year, 7, MONDAY, 3),
        nth_weekday(year, 9, MONDAY, 3),
        nth_weekday(year, 10, MONDAY, 2),
    }


def _hong_kong(year: int) -> set[date]:
    """Fixed holidays, Easter and three days of the lunar New Year."""
    fixed = _fixed(year, (1, 1), (5, 1), (7, 1), (10, 1), (12, 25), (12, 26))
    return {
        *_moved_forward(fixed + _lunar_new_year(year, 0, 1, 2), off=SUNDAY),
        _good_friday(year),
        _easter_monday(year),
    }


def _singapore(year: int) -> set[date]:
    """Fixed holidays, Good Friday and two days of the lunar New Year."""
    fixed = _fixed(year, (1, 1), (5, 1), (8, 9), (12, 25))
    return {
        *_moved_forward(fixed + _lunar_new_year(year, 0, 1), off=SUNDAY),
        _good_friday(year),
    }


def _korea(year: int) -> set[date]:
    """Fixed holidays, the last day of the year and three days of the lunar New Year."""
    return {
        *_fixed(year, (1, 1), (3, 1), (5, 1), (5, 5), (6, 6), (8, 15), (10, 3), (10, 9)),
        *_fixed(year, (12, 25), (12, 31)),
        *_lunar_new_year(year, -1, 0, 1),
    }


def _india(year: int) -> set[date]:
    """Fixed holidays and Good Friday; the many that follow the moon are left out."""
    return {
        *_fixed(year, (1, 26), (4, 14), (5, 1), (8, 15), (10, 2), (12, 25)),
        _good_friday(year),
    }


def _australia(year: int) -> set[date]:
    """Source: the public holidays of New South Wales on which ASX closes."""
    return {
        *_moved_forward(_fixed(year, (1, 1), (1, 26), (12, 25), (12, 26))),
        _good_friday(year),
        _easter_monday(year),
        date(year, 4, 25),
        nth_weekday(year, 6, MONDAY, 2),
    }


def _fixed(year: int, *days: tuple[int, int]) -> list[date]:
    return [date(year, month, day) for month, day in days]


def _good_friday(year: int) -> date:
    return easter(year) - 2 * _DAY


def _easter_monday(year: int) -> date:
    return easter(year) + _DAY


def _lunar_new_year(year: int, *offsets: int) -> list[date]:
    """Days counted from the New Year; none for a year outside the table."""
    if year not in _LUNAR_NEW_YEAR:
        return []
    first = date(year, *_LUNAR_NEW_YEAR[year])
    return [first + offset * _DAY for offset in offsets]


_CALENDARS: dict[str, Callable[[int], set[date]]] = {
    "us": _us,
    "uk": _uk,
    "us_uk": _us_uk,
    "europe": _europe,
    "ice_energy": _ice_energy,
    "japan": _japan,
    "hong_kong": _hong_kong,
    "singapore": _singapore,
    "korea": _korea,
    "india": _india,
    "australia": _australia,
}
