"""Moments as people write them: 7d ago, a date, or an instant."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TypeAlias

from ibkr_sync.domain.durations import parse_duration

Moment: TypeAlias = str | date | datetime
"""A moment as it is written; a naive datetime is in UTC."""

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class PastMoment:
    """A moment that a person named, as a UTC instant and as it is to be shown.

    Attributes:
        day: the date that was named, if it was one.
        typed: the moment as it was typed.
    """

    at: datetime
    label: str
    day: date | None = None
    typed: str = ""


def parse_first_moment(text: str, now: datetime) -> datetime:
    """Read when a span of time begins: `7d` ago, a date, its beginning in UTC, or an instant.

    An instant is in UTC unless it has an offset. Raises ValueError for what is no moment, or in the
    future of the aware instant `now`.
    """
    return _parse(text, now, time.min).at


def parse_end(text: str, now: datetime) -> datetime:
    """Read when a span of time ends, as `parse_first_moment`, but a date is its end in UTC."""
    return _parse(text, now, time.max).at


def parse_last_moment(text: str, now: datetime) -> PastMoment:
    """Read as of when something is said, as `parse_first_moment`, but a date is its end in UTC.

    The end of today is the present. What a run left that began on a date is of that date, though
    the run ended later.
    """
    return _parse(text, now, time.max)


def parse_moment(text: str, now: datetime) -> PastMoment:
    """Read a moment, of the past or to come: 7d ago, an instant, or a date, which is its noon.

    At noon in UTC every exchange has that date. Raises ValueError.
    """
    typed = text.strip()
    if _DATE.fullmatch(typed):
        return PastMoment(datetime.combine(_day(typed), time(12), UTC), typed)
    at = _instant(typed) or _ago(typed, now)
    return PastMoment(at, f"{at:%Y-%m-%d %H:%M} UTC")


def moment_text(moment: Moment) -> str:
    """A moment as text that can be read."""
    return moment if isinstance(moment, str) else moment.isoformat()


def _parse(text: str, now: datetime, time_of_day: time) -> PastMoment:
    typed = text.strip()
    if _DATE.fullmatch(typed):
        day = _day(typed)
        if day > now.date():
            raise ValueError(f"{typed} is in the future")
        end = min(datetime.combine(day, time_of_day, UTC), now)
        return PastMoment(end, typed, day, typed)
    at = _instant(typed) or _ago(typed, now)
    if at > now:
        raise ValueError(f"{typed!r} is in the future: it is {now:%Y-%m-%d %H:%M:%S} UTC")
    return PastMoment(at, f"{at:%Y-%m-%d %H:%M} UTC", typed=typed)


def _instant(text: str) -> datetime | None:
    """The instant that is written out; None if none is."""
    if not _INSTANT.fullmatch(text):
        return None
    try:
        at = datetime.fromisoformat(text.upper())
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} does not exist") from None


def _ago(text: str, now: datetime) -> datetime:
    try:
        span = parse_duration(text)
    except ValueError:
        label = f"{text!r} is no moment; write 7d, 2026-10-01 or 2026-10-01T14:30Z"
        raise ValueError(label) from None
    return now - min(span, now - datetime.min.replace(tzinfo=UTC))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no day of any month") from None
