"""Parsers of the plain values that a document from outside may hold.

Each takes what JSON gave and returns a value of the domain, or raises ValueError with what it
must be instead; the caller adds where the value stands.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ibkr_sync.domain.entities.contracts import LIKELY_YEARS, ContractMonth
from ibkr_sync.domain.entities.schedules import ClosedDay, ScheduleEntries, parse_schedule_entries
from ibkr_sync.domain.untrusted_text import clean_text, quote_untrusted

D = TypeVar("D", dt.date, dt.datetime)
E = TypeVar("E", bound=StrEnum)

MAX_TEXT = 32_768
"""Longest text of one field; a month of trading hours takes about 2,000 characters."""

MAX_INTEGER = 2**31 - 1
"""IBKR's ids are signed 32-bit numbers."""

MAX_ENTRIES = 1000
"""Most sessions and closed days of one window; IBKR sends a month at most."""

_NUMBER = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})",
    re.ASCII,
)


def possibly_empty_value(value: object) -> str:
    """Text that may be empty; refused if `clean_text` would alter it."""
    if not isinstance(value, str):
        raise _refusal("text", value)
    if (clean_text(value, MAX_TEXT) or "") != value:
        raise ValueError(
            f"{quote_untrusted(value)} holds control or direction characters, has a blank at an "
            f"end, or is longer than {MAX_TEXT} characters"
        )
    return value


def text_value(value: object) -> str:
    """Text that says something; refused if `clean_text` would alter it."""
    content = possibly_empty_value(value)
    if not content:
        raise ValueError("must not be empty (null says: not known)")
    return content


def integer_value(value: object) -> int:
    """A whole number that fits IBKR's 32 bits."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise _refusal("a whole number", value)
    if abs(value) > MAX_INTEGER:
        raise ValueError(f"{quote_untrusted(value)} is out of range")
    return value


def positive_integer_value(value: object) -> int:
    """A whole number from 1 up: a conId, a price magnifier."""
    number = integer_value(value)
    if number < 1:
        raise ValueError(f"must be at least 1, not {number}")
    return number


def number_value(value: object) -> Decimal:
    """An exact number, written as text without exponent."""
    if not isinstance(value, str) or _NUMBER.fullmatch(value) is None:
        raise _refusal('a number written as text such as "0.25"', value)
    return Decimal(value)


def positive_number_value(value: object) -> Decimal:
    """An exact number above zero."""
    amount = number_value(value)
    if amount <= 0:
        raise ValueError(f"must be above zero, not {value}")
    return amount


def date_value(value: object) -> dt.date:
    """A calendar date, `2026-12-18`."""
    if not isinstance(value, str) or _DATE.fullmatch(value) is None:
        raise _refusal("a date such as 2026-12-18", value)
    return _likely(dt.date.fromisoformat(value))


def instant_value(value: object) -> dt.datetime:
    """An instant with its offset, `2026-12-18T14:30:00Z`; given in UTC."""
    if not isinstance(value, str) or _INSTANT.fullmatch(value) is None:
        raise _refusal("an instant such as 2026-12-18T14:30:00Z", value)
    try:
        return _likely(dt.datetime.fromisoformat(value).astimezone(dt.UTC))
    except OverflowError as error:
        raise ValueError(f"{value} is out of range") from error


def month_value(value: object) -> ContractMonth:
    """A contract month, `2026-12`."""
    if not isinstance(value, str):
        raise _refusal("a month such as 2026-12", value)
    return ContractMonth.parse(value)


def zone_value(value: object) -> str:
    """The name of a zone that the zone database knows."""
    name = text_value(value)
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError, ValueError) as error:
        raise ValueError(f"{quote_untrusted(name)} is no time zone of the zone database") from error
    return name


def sessions(value: object) -> ScheduleEntries | None:
    """Sessions and closed days in order; an empty list is as null."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _refusal("a list of sessions and closed days", value)
    if len(value) > MAX_ENTRIES:
        raise ValueError(f"more than {MAX_ENTRIES} of them")
    for entry in (entries := parse_schedule_entries(value)):
        _likely(entry.date if isinstance(entry, ClosedDay) else entry.opens_at)
    return entries or None


def choice_value(kind: type[E]) -> Callable[[object], E]:
    """Make the parser of an enumeration's values."""

    def parse(value: object) -> E:
        if not isinstance(value, str) or value not in {e.value for e in kind}:
            raise _refusal(f"one of {', '.join(e.value for e in kind)}", value)
        return kind(value)

    return parse


def _likely(day: D) -> D:
    """The date or instant, unless no gateway may send it either."""
    if day.year not in LIKELY_YEARS:
        raise ValueError(f"{day.year} is not a likely year")
    return day


def _refusal(expected: str, value: object) -> ValueError:
    return ValueError(f"must be {expected}; not {quote_untrusted(value)}")
