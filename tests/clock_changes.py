"""Hypothesis strategies for zones and for times near the days on which their clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import strategies as st

_STEP = timedelta(hours=6)
_MINUTE = timedelta(minutes=1)
_NO_PLACES = {"Factory", "localtime"}

zones = st.sampled_from(sorted(available_timezones() - _NO_PLACES)).map(ZoneInfo)
"""Every zone of the zone database."""


@st.composite
def instants_near_changes(draw: st.DrawFn, zone: ZoneInfo) -> datetime:
    """A UTC instant on a whole minute: within a day of a clock change, where the zone has any."""
    year = draw(st.integers(1980, 2060))
    around = draw(st.sampled_from(_changes(zone, year) or (datetime(year, 7, 1, tzinfo=UTC),)))
    return around + draw(st.integers(-1500, 1500)) * _MINUTE


@st.composite
def wall_times_near_changes(draw: st.DrawFn, zone: ZoneInfo) -> datetime:
    """A naive time that the zone's clock shows, shows twice or skips."""
    instant = draw(instants_near_changes(zone))
    naive = instant.astimezone(zone).replace(tzinfo=None, fold=0)
    return naive + draw(st.integers(-150, 150)) * _MINUTE


@cache
def _changes(zone: ZoneInfo, year: int) -> tuple[datetime, ...]:
    """The instants of a year, to within six hours, after which another offset applies."""
    start = datetime(year, 1, 1, tzinfo=UTC)
    steps = [start + index * _STEP for index in range(366 * 4)]
    offsets = [step.astimezone(zone).utcoffset() for step in steps]
    pairs = zip(steps[1:], offsets, offsets[1:], strict=False)
    return tuple(step for step, old, new in pairs if old != new)
