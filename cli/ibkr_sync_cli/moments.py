"""Moments in the past as people type them: 7d ago, a date, an instant."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

import typer

from ibkr_sync_cli.durations import parse_duration

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class PastMoment:
    """A moment that a person named, as a UTC instant and as it is to be told."""

    at: datetime
    told: str


def parse_since(text: str, now: datetime) -> datetime:
    """Read `7d`, `36h` or a date, its beginning in UTC, as an instant; raises BadParameter."""
    typed = text.strip()
    if _DATE.fullmatch(typed):
        return _past(datetime.combine(_day(typed, "--since"), time.min, UTC), now, "--since")
    try:
        return now - parse_duration(typed)
    except OverflowError:
        raise _refusal(f"{text!r} is too long", "--since") from None
    except typer.BadParameter as error:
        raise _refusal(f"{error.message}, or a date as 2026-10-01", "--since") from None


def parse_as_of(text: str, now: datetime) -> PastMoment:
    """Read a date, its end in UTC, or an instant, in UTC unless it has an offset.

    The end of today is the present. Raises BadParameter for what is in the future.
    """
    typed = text.strip()
    if _DATE.fullmatch(typed):
        day = _day(typed, "--as-of")
        _past(datetime.combine(day, time.min, UTC), now, "--as-of")
        return PastMoment(min(datetime.combine(day, time.max, UTC), now), typed)
    if not _INSTANT.fullmatch(typed):
        told = f"{text!r} is no date or instant; write 2026-10-01 or 2026-10-01T14:30Z"
        raise _refusal(told, "--as-of")
    try:
        at = datetime.fromisoformat(typed.upper())
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _refusal(f"{text!r} does not exist", "--as-of") from None
    return PastMoment(_past(at, now, "--as-of"), f"{at:%Y-%m-%d %H:%M} UTC")


def _day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _refusal(f"{text!r} is no day of any month", option) from None


def _past(at: datetime, now: datetime, option: str) -> datetime:
    if at > now:
        raise _refusal(f"{at:%Y-%m-%d} is in the future", option)
    return at


def _refusal(message: str, option: str) -> typer.BadParameter:
    return typer.BadParameter(message, param_hint=f"'{option}'")
