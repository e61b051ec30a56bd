"""So many days before a date, or ahead: calendar days, or business days of a market."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from ibkr_sync.domain.delivery.business_days import BusinessDays
from ibkr_sync.domain.durations import parse_duration

_DAYS = re.compile(r"(?P<count>[0-9]{1,5})(?P<unit>bd|d)?", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,5}", re.ASCII)
_MOST: Final = {True: 2_600, False: 36_500}
"""Ten years of business days, a hundred years of calendar days."""
_SHOWN_LENGTH: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class DaysBefore:
    """So many days before a date: calendar days, or business days of the contract's market."""

    count: int
    is_business: bool = False

    def start(self, day: date, days: BusinessDays) -> date:
        """The day that lies so many before `day`."""
        if self.is_business:
            return days.before(day, self.count)
        return day - timedelta(days=min(self.count, (day - date.min).days))

    @property
    def longest(self) -> timedelta:
        """The calendar days that it takes at most, with weekends and the longest of holidays."""
        return timedelta(days=2 * self.count + 14 if self.is_business else self.count)

    def __str__(self) -> str:
        unit = "business day" if self.is_business else "day"
        return f"{self.count} {unit if self.count == 1 else unit + 's'}"


def parse_days_before(text: str) -> DaysBefore:
    """Read `5` calendar days or `5bd` business days; raises ValueError."""
    match = _DAYS.fullmatch(text.strip().lower())
    if match is None:
        raise ValueError(f"{text!r} is no number of days; write 5 or 5bd")
    count, is_business = int(match["count"]), match["unit"] == "bd"
    if count > _MOST[is_business]:
        raise ValueError(f"{text!r} is too long; it takes at most {_MOST[is_business]}")
    return DaysBefore(count=count, is_business=is_business)


def parse_days_ahead(text: str) -> DaysBefore:
    """Read how far ahead: `5bd` business days, or a duration as `30d`; raises ValueError."""
    typed = text.strip()
    if typed.lower().endswith("bd"):
        return parse_days_before(text)
    if _NUMBER.fullmatch(typed):
        raise ValueError(f"{typed!r} lacks a unit; did you mean {typed}d or {typed}bd?")
    try:
        return DaysBefore(count=parse_duration(text).days)
    except ValueError as error:
        raise ValueError(f"{text[:_SHOWN_LENGTH]!r} {error}, or 5bd") from None
