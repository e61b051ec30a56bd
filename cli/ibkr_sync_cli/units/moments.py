"""Moments as people type them, 7d ago, a date, an instant, and as they are read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

import typer

from ibkr_sync.domain.durations import parse_duration

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

    An instant is in UTC unless it has an offset. Raises BadParameter for what is in the future.
    """
    return _parse(text, now, "--since", time.min).at


def parse_end(text: str, now: datetime) -> datetime:
    """Read when a span of time ends, as `parse_first_moment`, but a date is its end in UTC."""
    return _parse(text, now, "--until", time.max).at


def parse_last_moment(text: str, now: datetime) -> PastMoment:
    """Read as of when something is said, as `parse_first_moment`, but a date is its end in UTC.

    The end of today is the present. What a run left that began on a date is of that date, though
    the run ended later.
    """
    return _parse(text, now, "--as-of", time.max)


def parse_moment(text: str, now: datetime) -> PastMoment:
    """Read a moment, of the past or to come: 7d ago, an instant, or a date, which is its noon.

    At noon in UTC every exchange has that date.
    """
    typed = text.strip()
    if _DATE.fullmatch(typed):
        return PastMoment(datetime.combine(_day(typed, "--as-of"), time(12), UTC), typed)
    at = _instant(typed, "--as-of") or _ago(typed, now, "--as-of")
    return PastMoment(at, f"{at:%Y-%m-%d %H:%M} UTC")


def _parse(text: str, now: datetime, option: str, time_of_day: time) -> PastMoment:
    typed = text.strip()
    if _DATE.fullmatch(typed):
        day = _day(typed, option)
        if day > now.date():
            raise _refusal(f"{typed} is in the future", option)
        end = min(datetime.combine(day, time_of_day, UTC), now)
        return PastMoment(end, typed, day, typed)
    at = _instant(typed, option) or _ago(typed, now, option)
    if at > now:
        raise _refusal(f"{typed!r} is in the future: it is {now:%Y-%m-%d %H:%M:%S} UTC", option)
    return PastMoment(at, f"{at:%Y-%m-%d %H:%M} UTC", typed=typed)


def _instant(text: str, option: str) -> datetime | None:
    """The instant that is written out; None if none is."""
    if not _INSTANT.fullmatch(text):
        return None
    try:
        at = datetime.fromisoformat(text.upper())
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _refusal(f"{text!r} does not exist", option) from None


def _ago(text: str, now: datetime, option: str) -> datetime:
    try:
        span = parse_duration(text)
    except ValueError:
        label = f"{text!r} is no moment; write 7d, 2026-10-01 or 2026-10-01T14:30Z"
        raise _refusal(label, option) from None
    return now - min(span, now - datetime.min.replace(tzinfo=UTC))


def _day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _refusal(f"{text!r} is no day of any month", option) from None


def _refusal(message: str, option: str) -> typer.BadParameter:
    return typer.BadParameter(message, param_hint=f"'{option}'")


def instant_text(instant: datetime) -> str:
    """A UTC instant to the minute: `2026-11-23 12:05 UTC`."""
    return f"{instant:%Y-%m-%d %H:%M} UTC"


def instant_value(instant: datetime | None) -> str | None:
    """An instant as machines read it, in UTC: `2026-11-23T12:05:00Z`; None stays None."""
    return None if instant is None else instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
