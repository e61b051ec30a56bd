"""Durations as options take them, and as people read them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import typer

from ibkr_sync.domain import durations

_MINUTE, _HOUR = 60, 3600
_WITH_TENTHS = 10
"""Seconds below which tenths of them matter."""

_CLOCKS_DIFFER_BY = timedelta(minutes=1)
_SHOWN_LENGTH = 20


def parse_duration(text: str) -> timedelta:
    """Read a duration that was typed; raises typer's BadParameter for what is none."""
    try:
        return durations.parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text[:_SHOWN_LENGTH]!r} {error}") from None


def parse_duration_limit(text: str) -> timedelta:
    """Read how long or how old something may be, as `parse_duration`, longer than nothing."""
    return _accepted(durations.refuse_no_time, text)


def parse_longest_duration(text: str) -> timedelta:
    """Read how long a run may take, as `parse_duration_limit`, up to a week."""
    return _accepted(durations.refuse_long_deadline, text)


def _accepted(refuse: Callable[[timedelta], timedelta], text: str) -> timedelta:
    span = parse_duration(text)
    try:
        return refuse(span)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def brief_duration(age: timedelta) -> str:
    """An age in its largest whole unit: `now`, `5m`, `2h`, `3d`; `ahead` of what is yet to come."""
    if age < -_CLOCKS_DIFFER_BY:
        return "ahead"
    seconds = max(int(age.total_seconds()), 0)
    if seconds >= 48 * _HOUR:
        return f"{seconds // 86400}d"
    if seconds >= _HOUR:
        return f"{seconds // _HOUR}h"
    return f"{seconds // _MINUTE}m" if seconds >= _MINUTE else "now"


def age_phrase(age: timedelta) -> str:
    """An age as it stands in a sentence: `now`, `5m ago`; what is yet to come blames the clock."""
    message = brief_duration(age)
    return {"now": message, "ahead": "in the future, check the clock"}.get(
        message, f"{message} ago"
    )


def precise_duration(span: timedelta) -> str:
    """How long something took, which is not negative: `0.4 s`, `12 s`, `3m 20s`, `2h 05m`."""
    tenths = round(span.total_seconds(), 1)
    if tenths < _WITH_TENTHS:
        return f"{tenths:.1f} s"
    minutes, seconds = divmod(round(span.total_seconds()), _MINUTE)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h {minutes:02}m"
    return f"{minutes}m {seconds:02}s" if minutes else f"{seconds} s"


def duration_to_the_minute(span: timedelta) -> str:
    """A span as `23h`, `7h 30m` or `45m`."""
    hours, minutes = divmod(span // timedelta(minutes=1), 60)
    parts = [f"{hours}h"] if hours else []
    return " ".join([*parts, *([f"{minutes}m"] if minutes or not hours else [])])
