"""Moments in the past as people type them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import typer

from ibkr_sync.domain.history.moments import PastMoment
from ibkr_sync_cli.units.moments import parse_first_moment, parse_last_moment
from one_case import one_case

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@one_case(
    ("text", "at"),
    [
        ("7d", NOW - timedelta(days=7)),
        (" 36H ", NOW - timedelta(hours=36)),
        ("2026-10-01", datetime(2026, 10, 1, tzinfo=UTC)),
        ("2026-11-23", datetime(2026, 11, 23, tzinfo=UTC)),
        ("2026-10-01T14:30+02:00", datetime(2026, 10, 1, 12, 30, tzinfo=UTC)),
    ],
)
def test_since_is_a_span_of_time_ago_the_beginning_of_a_day_or_an_instant(
    text: str, at: datetime
) -> None:
    assert parse_first_moment(text, NOW) == at


@one_case(
    ("text", "at", "message"),
    [
        ("2026-10-01", datetime(2026, 10, 1, 23, 59, 59, 999999, UTC), "2026-10-01"),
        ("2026-11-23", NOW, "2026-11-23"),
        ("2026-10-01T14:30", datetime(2026, 10, 1, 14, 30, tzinfo=UTC), "2026-10-01 14:30 UTC"),
        ("2026-10-01 14:30:10", datetime(2026, 10, 1, 14, 30, 10, tzinfo=UTC), None),
        ("2026-10-01t14:30:10.5z", datetime(2026, 10, 1, 14, 30, 10, 500000, UTC), None),
        ("2026-10-01T14:30+02:00", datetime(2026, 10, 1, 12, 30, tzinfo=UTC), None),
        (" 2026-11-23T12:00Z ", NOW, "2026-11-23 12:00 UTC"),
        ("7d", NOW - timedelta(days=7), "2026-11-16 12:00 UTC"),
    ],
)
def test_as_of_is_the_end_of_a_day_but_not_later_than_now_an_instant_or_a_span_of_time_ago(
    text: str, at: datetime, message: str | None
) -> None:
    message = message or f"{at:%Y-%m-%d %H:%M} UTC"
    day = date.fromisoformat(text) if len(text) == len("2026-10-01") else None
    assert parse_last_moment(text, NOW) == PastMoment(at, message, day, text.strip())


def test_a_later_instant_of_today_is_reported_with_the_time_that_it_is() -> None:
    message = r"'2026-11-23T14:30\+01:00' is in the future: it is 2026-11-23 12:00:00 UTC"
    with pytest.raises(typer.BadParameter, match=message):
        parse_last_moment("2026-11-23T14:30+01:00", NOW)


def test_a_span_of_time_that_is_too_long_is_reported_as_such() -> None:
    with pytest.raises(typer.BadParameter, match="'999999d' is no moment"):
        parse_first_moment("999999d", NOW)


@one_case("text", ["2026-11-24", "2026-11-23T12:00:01Z", "9999-12-31"])
def test_what_is_in_the_future_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="in the future"):
        parse_last_moment(text, NOW)
    with pytest.raises(typer.BadParameter, match="in the future"):
        parse_first_moment(text, NOW)


@one_case(
    "text",
    [
        *("", "yesterday", "2026-13-01", "2026-02-30", "20261001", "2026-10-01T25:00Z"),
        *("2026-10-01T14", "2026-10-01T14:30+99:00", "0000-00-00", "0001-01-01T00:00+14:00"),
        *("7", "week", "-7d", "9999999d", "999999d"),
        *("１999-01-01", "2026-10-01\n2026-10-02"),  # noqa: RUF001 - a digit that is not ASCII
    ],
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter) as caught:
        parse_last_moment(text, NOW)
    assert caught.value.param_hint == "'--as-of'"
    with pytest.raises(typer.BadParameter) as caught:
        parse_first_moment(text, NOW)
    assert caught.value.param_hint == "'--since'"
