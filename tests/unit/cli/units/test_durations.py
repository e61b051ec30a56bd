"""Durations as people type them, and ages as they read them."""

from __future__ import annotations

from datetime import timedelta

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from ibkr_sync_cli.units.durations import (
    brief_duration,
    duration_text,
    parse_duration,
    parse_duration_limit,
    parse_longest_duration,
)
from one_case import one_case


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("45s", timedelta(seconds=45)),
        ("90m", timedelta(minutes=90)),
        ("20h", timedelta(hours=20)),
        (" 7D ", timedelta(days=7)),
        ("0m", timedelta(0)),
        ("36500d", timedelta(days=36_500)),
        ("876000h", timedelta(days=36_500)),
        ("3153600000s", timedelta(days=36_500)),
    ],
)
def test_a_duration_is_a_number_and_a_unit(text: str, meant: timedelta) -> None:
    assert parse_duration(text) == meant


@one_case("text", ["", "7", "d", "1.5h", "-1h", "1w", "٣h", "1h 1m"])
def test_anything_else_is_refused_with_examples(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="write 90m, 20h or 7d"):
        parse_duration(text)


def test_a_limit_is_longer_than_nothing() -> None:
    assert parse_duration_limit("1s") == timedelta(seconds=1)
    with pytest.raises(typer.BadParameter, match="longer than nothing"):
        parse_duration_limit("0m")


@pytest.mark.parametrize(
    "text", ["36501d", "999999d", "876001h", "3153600001s", "9" * 5000 + "d", "0" * 11 + "d"]
)
def test_a_duration_of_more_than_a_hundred_years_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="is too long; it takes at most 36500d") as refusal:
        parse_duration(text)
    assert len(refusal.value.message) < 100


def test_a_run_takes_no_longer_than_a_week() -> None:
    assert parse_longest_duration("7d") == timedelta(days=7)
    for text in ("169h", "8d", "36500d"):
        with pytest.raises(typer.BadParameter, match="it is at most 7d"):
            parse_longest_duration(text)
    with pytest.raises(typer.BadParameter, match="longer than nothing"):
        parse_longest_duration("0s")


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
    ("age", "told"),
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
def test_an_age_is_told_in_its_largest_whole_unit(age: timedelta, told: str) -> None:
    assert brief_duration(age) == told


@given(st.integers(0, 36_500), st.sampled_from("smhd"))
def test_a_span_is_written_so_that_it_is_read_back(count: int, unit: str) -> None:
    span = parse_duration(f"{count}{unit}")
    assert parse_duration(duration_text(span)) == span


@pytest.mark.parametrize(
    ("span", "told"),
    [
        (timedelta(minutes=45), "45m"),
        (timedelta(hours=20), "20h"),
        (timedelta(hours=48), "2d"),
        (timedelta(seconds=90), "90s"),
    ],
)
def test_a_span_is_written_in_the_largest_unit_that_fits(span: timedelta, told: str) -> None:
    assert duration_text(span) == told
