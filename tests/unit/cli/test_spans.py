"""Spans of time as people read them."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from ibkr_sync_cli.units.durations import duration_to_the_minute, precise_duration
from one_case import one_case


@one_case(
    ("span", "message"),
    [
        (timedelta(hours=23), "23h"),
        (timedelta(hours=7, minutes=30), "7h 30m"),
        (timedelta(minutes=45), "45m"),
        (timedelta(seconds=59), "0m"),
        (timedelta(days=2, hours=23), "71h"),
    ],
)
def test_a_span_is_reported_in_hours_and_minutes(span: timedelta, message: str) -> None:
    assert duration_to_the_minute(span) == message


@one_case(
    ("seconds", "message"),
    [
        (0, "0.0 s"),
        (0.04, "0.0 s"),
        (0.4, "0.4 s"),
        (9.94, "9.9 s"),
        (9.97, "10 s"),
        (12.3, "12 s"),
        (59.6, "1m 00s"),
        (200, "3m 20s"),
        (3599.7, "1h 00m"),
        (7500, "2h 05m"),
        (90_000, "25h 00m"),
    ],
)
def test_what_something_took_is_reported_as_exactly_as_matters(
    seconds: float, message: str
) -> None:
    assert precise_duration(timedelta(seconds=seconds)) == message


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=400)))
def test_what_something_took_is_reported_within_a_minute_and_never_in_sixty_of_a_unit(
    span: timedelta,
) -> None:
    units = {"h": 3600, "m": 60, "s": 1}
    parts = [
        (float(part[:-1]), part[-1]) for part in precise_duration(span).replace(" s", "s").split()
    ]
    assert abs(sum(count * units[unit] for count, unit in parts) - span.total_seconds()) < 60
    assert all(count < 60 for count, unit in parts if unit != "h")
