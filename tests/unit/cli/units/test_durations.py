"""Durations as people type them, and ages as they read them."""

from __future__ import annotations

from datetime import timedelta

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from ibkr_sync_cli.units.durations import (
    age_phrase,
    brief_duration,
    parse_duration,
    parse_duration_limit,
    parse_longest_duration,
)
from one_case import one_case


@one_case(
    ("text", "refusal"),
    [
        ("3x", "'3x' is no duration; write 90m, 20h, 7d or 12w"),
        ("9" * 5000 + "d", "'99999999999999999999' is too long; it takes at most 36500d"),
    ],
)
def test_what_is_no_duration_is_refused_with_its_beginning(text: str, refusal: str) -> None:
    with pytest.raises(typer.BadParameter) as refused:
        parse_duration(text)
    assert refused.value.message == refusal


def test_a_limit_is_longer_than_nothing() -> None:
    assert parse_duration_limit("1s") == timedelta(seconds=1)
    with pytest.raises(typer.BadParameter, match="longer than nothing"):
        parse_duration_limit("0m")


def test_a_run_takes_no_longer_than_a_week() -> None:
    assert parse_longest_duration("7d") == timedelta(days=7)
    for text in ("169h", "8d", "36500d"):
        with pytest.raises(typer.BadParameter, match="it is at most 7d"):
            parse_longest_duration(text)
    with pytest.raises(typer.BadParameter, match="longer than nothing"):
        parse_longest_duration("0s")


def test_what_is_yet_to_come_is_no_age() -> None:
    ages = [timedelta(seconds=30), timedelta(seconds=-30), timedelta(hours=-3), timedelta(days=3)]
    assert [brief_duration(age) for age in ages] == ["now", "now", "ahead", "3d"]
    message = ["now", "now", "in the future, check the clock", "3d ago"]
    assert [age_phrase(age) for age in ages] == message


@given(st.text())
def test_whatever_is_typed_is_read_or_refused(text: str) -> None:
    try:
        duration = parse_duration(text)
    except typer.BadParameter as error:
        refusal = error.message
    else:
        refusal = ""
        assert duration >= timedelta(0)
    assert refusal.isprintable()


@one_case(
    ("age", "message"),
    [
        (timedelta(seconds=-5), "now"),
        (timedelta(seconds=59), "now"),
        (timedelta(seconds=60), "1m"),
        (timedelta(minutes=59, seconds=59), "59m"),
        (timedelta(hours=1), "1h"),
        (timedelta(hours=47, minutes=59), "47h"),
        (timedelta(hours=48), "2d"),
        (timedelta(days=400), "400d"),
    ],
)
def test_an_age_is_reported_in_its_largest_whole_unit(age: timedelta, message: str) -> None:
    assert brief_duration(age) == message
