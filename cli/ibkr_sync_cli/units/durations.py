"""Durations as people type them and read them: 45s, 90m, 20h, 7d."""

from __future__ import annotations

import re
from datetime import timedelta

import typer

_MINUTE, _HOUR = 60, 3600
_TELLS_TENTHS = 10
"""Seconds below which tenths of them tell something."""

_LONGEST = timedelta(days=36_500)
_LONGEST_DEADLINE = timedelta(days=7)
_MOST_DIGITS = 10
_UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
_DURATION = re.compile(r"(?P<count>[0-9]+)(?P<unit>[smhd])", re.ASCII)


def parse_duration(text: str) -> timedelta:
    """Read `45s`, `90m`, `20h` or `7d`, up to a hundred years.

    Raises typer's BadParameter otherwise.
    """
    match = _DURATION.fullmatch(text.strip().lower())
    if match is None:
        raise typer.BadParameter(f"{text!r} is no duration; write 90m, 20h or 7d")
    count, unit = match["count"], _UNITS[match["unit"]]
    if len(count) > _MOST_DIGITS or int(count) > _LONGEST // unit:
        raise typer.BadParameter(f"{text[:20]!r} is too long; it takes at most {_LONGEST.days}d")
    return int(count) * unit


def parse_duration_limit(text: str) -> timedelta:
    """Read how long or how old something may be, as `parse_duration`, longer than nothing."""
    limit = parse_duration(text)
    if not limit:
        raise typer.BadParameter("it must be longer than nothing")
    return limit


def parse_longest_duration(text: str) -> timedelta:
    """Read how long a run may take, as `parse_duration_limit`, up to a week."""
    deadline = parse_duration_limit(text)
    if deadline > _LONGEST_DEADLINE:
        raise typer.BadParameter(f"it is at most {duration_text(_LONGEST_DEADLINE)}")
    return deadline


def duration_text(span: timedelta) -> str:
    """A span as `parse_duration` reads it, in the largest unit that leaves no rest."""
    unit = max(
        (name for name, length in _UNITS.items() if not span % length),
        key=lambda name: _UNITS[name],
    )
    return f"{span // _UNITS[unit]}{unit}"


def brief_duration(age: timedelta) -> str:
    """An age in its largest whole unit: `now`, `5m`, `2h`, `3d`."""
    seconds = max(int(age.total_seconds()), 0)
    if seconds >= 48 * _HOUR:
        return f"{seconds // 86400}d"
    if seconds >= _HOUR:
        return f"{seconds // _HOUR}h"
    return f"{seconds // _MINUTE}m" if seconds >= _MINUTE else "now"


def precise_duration(span: timedelta) -> str:
    """How long something took, which is not negative: `0.4 s`, `12 s`, `3m 20s`, `2h 05m`."""
    tenths = round(span.total_seconds(), 1)
    if tenths < _TELLS_TENTHS:
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
