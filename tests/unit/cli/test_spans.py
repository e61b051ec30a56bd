"""Spans of time as people read them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ibkr_sync_cli.durations import hours_and_minutes


@pytest.mark.parametrize(
    ("span", "told"),
    [
        (timedelta(hours=23), "23h"),
        (timedelta(hours=7, minutes=30), "7h 30m"),
        (timedelta(minutes=45), "45m"),
        (timedelta(seconds=59), "0m"),
        (timedelta(days=2, hours=23), "71h"),
    ],
)
def test_a_span_is_told_in_hours_and_minutes(span: timedelta, told: str) -> None:
    assert hours_and_minutes(span) == told
