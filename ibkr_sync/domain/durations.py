"""Durations as people write them, in options and in settings: 45s, 90m, 20h, 7d, 12w."""

from __future__ import annotations

import re
from datetime import timedelta

_LONGEST = timedelta(days=36_500)
_LONGEST_DEADLINE = timedelta(days=7)
_MOST_DIGITS = 10
_DAY_UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
_UNITS = _DAY_UNITS | {"w": timedelta(weeks=1)}
_DURATION = re.compile(r"(?P<count>[0-9]+)(?P<unit>[smhdw])", re.ASCII)

_NUMBER = re.compile(r"[0-9]{1,5}", re.ASCII)


def parse_duration(text: str) -> timedelta:
    """Read `45s`, `90m`, `20h`, `7d` or `12w`, up to a hundred years.

    Raises ValueError with what is wrong, to stand after the text, which it does not repeat.
    """
    match = _DURATION.fullmatch(text.strip().lower())
    if _NUMBER.fullmatch(text.strip()):
        raise ValueError(f"lacks a unit; did you mean {text.strip()}d or {text.strip()}h?")
    if match is None:
        raise ValueError("is no duration; write 90m, 20h, 7d or 12w")
    count, unit = match["count"], _UNITS[match["unit"]]
    if len(count) > _MOST_DIGITS or int(count) > _LONGEST // unit:
        raise ValueError(f"is too long; it takes at most {_LONGEST.days}d")
    return int(count) * unit


def refuse_no_time(span: timedelta) -> timedelta:
    """Give how long or how old something may be; raises ValueError unless it is above nothing."""
    if span <= timedelta(0):
        raise ValueError("it must be longer than nothing")
    return span


def refuse_long_deadline(span: timedelta) -> timedelta:
    """Give how long a run may take; raises ValueError for nothing, and for more than a week."""
    if refuse_no_time(span) > _LONGEST_DEADLINE:
        raise ValueError(f"it is at most {duration_text(_LONGEST_DEADLINE)}")
    return span


def duration_text(span: timedelta) -> str:
    """A span as `parse_duration` reads it, in the largest unit up to days that leaves no rest."""
    unit = max(
        (name for name, length in _DAY_UNITS.items() if not span % length),
        key=lambda name: _DAY_UNITS[name],
    )
    return f"{span // _DAY_UNITS[unit]}{unit}"
