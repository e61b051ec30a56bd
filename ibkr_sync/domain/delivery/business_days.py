"""Weekdays of a month, and the business-day arithmetic of a market."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from ibkr_sync.domain.ports.business_calendar import BusinessCalendar

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = range(7)
_DAY = timedelta(days=1)


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


@dataclass(frozen=True, slots=True)
class BusinessDays:
    """The business days of one market of a calendar."""

    calendar: BusinessCalendar
    market: str

    def __contains__(self, day: date) -> bool:
        return self.calendar.is_business_day(day, self.market)

    def on_or_before(self, day: date) -> date:
        """`day` itself when it is a business day, else the nearest one before."""
        while day not in self:
            day -= _DAY
        return day

    def on_or_after(self, day: date) -> date:
        """`day` itself when it is a business day, else the nearest one after."""
        while day not in self:
            day += _DAY
        return day

    def before(self, day: date, count: int) -> date:
        """The business day that lies `count` of them before `day`, which need not be one itself."""
        for _ in range(count):
            day = self.on_or_before(day - _DAY)
        return day

    def after(self, day: date, count: int) -> date:
        """The business day that lies `count` of them after `day`, which need not be one itself."""
        for _ in range(count):
            day = self.on_or_after(day + _DAY)
        return day

    def between(self, day: date, until: date) -> int:
        """How many business days lie after `day`, up to `until` itself; negative the other way."""
        if until < day:
            return -self.between(until, day)
        span = (until - day).days
        return sum(day + timedelta(days=count) in self for count in range(1, span + 1))

    def nth_of_month(self, year: int, month: int, n: int) -> date:
        """The n-th (from 1) business day of a month."""
        return self.after(date(year, month, 1) - _DAY, n)

    def last_of_month(self, year: int, month: int, n: int = 1) -> date:
        """The last business day of a month, or the n-th last."""
        return self.before(last_day(year, month) + _DAY, n)
