"""From what an exchange's clock shows to the instant that it stands for, across clock changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_SECOND = timedelta(seconds=1)


def instant_of_wall_clock(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first UTC instant at which a clock in `zone` shows `wall`, a naive time, or later.

    A time that occurs twice, when clocks go back, is therefore its first occurrence; a time that
    is skipped, when they go forward, is the moment of the jump. Later wall times never give
    earlier instants: what is in order and apart on the clock is so in UTC.
    """
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == wall:
        return first
    return _jump(wall.replace(tzinfo=zone, fold=1).astimezone(UTC), first, zone)


def midnight_by_clock(day: date, zone: ZoneInfo) -> datetime:
    """The UTC instant at which `day` begins in `zone`."""
    return instant_of_wall_clock(datetime.combine(day, time.min), zone)


def _jump(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The first second after `before` with another offset than at `before`, by bisection."""
    old_offset = before.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = before + (after - before) // 2 // _SECOND * _SECOND
        if middle.astimezone(zone).utcoffset() == old_offset:
            before = middle
        else:
            after = middle
    return after
