"""Durations as people write them, in options and settings alike."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibkr_sync.domain.durations import duration_text, parse_duration
from one_case import one_case


@one_case(
    ("text", "matching"),
    [
        ("45s", timedelta(seconds=45)),
        ("90m", timedelta(minutes=90)),
        ("20h", timedelta(hours=20)),
        (" 7D ", timedelta(days=7)),
        ("12w", timedelta(days=84)),
        ("0m", timedelta(0)),
        ("36500d", timedelta(days=36_500)),
        ("876000h", timedelta(days=36_500)),
        ("3153600000s", timedelta(days=36_500)),
    ],
)
def test_a_duration_is_a_number_and_a_unit(text: str, matching: timedelta) -> None:
    assert parse_duration(text) == matching


@one_case("text", ["", "7777777777", "d", "1.5h", "-1h", "1y", "٣h", "1h 1m"])
def test_anything_else_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match=r"^is no duration; write 90m, 20h, 7d or 12w$"):
        parse_duration(text)


def test_a_number_alone_lacks_its_unit() -> None:
    with pytest.raises(ValueError, match=r"^lacks a unit; did you mean 7d or 7h\?$"):
        parse_duration(" 7 ")


@one_case(
    "text",
    ["36501d", "999999d", "876001h", "3153600001s", "5215w", "9" * 5000 + "d", "0" * 11 + "d"],
)
def test_a_duration_of_more_than_a_hundred_years_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^is too long; it takes at most 36500d$"):
        parse_duration(text)


@given(st.integers(0, 5_000), st.sampled_from("smhdw"))
def test_a_span_is_written_so_that_it_is_read_back(count: int, unit: str) -> None:
    span = parse_duration(f"{count}{unit}")
    assert parse_duration(duration_text(span)) == span


@one_case(
    ("span", "written"),
    [
        (timedelta(minutes=45), "45m"),
        (timedelta(hours=20), "20h"),
        (timedelta(hours=48), "2d"),
        (timedelta(weeks=12), "84d"),
        (timedelta(seconds=90), "90s"),
        (timedelta(0), "0d"),
    ],
)
def test_a_span_is_written_in_the_largest_unit_that_fits(span: timedelta, written: str) -> None:
    assert duration_text(span) == written
