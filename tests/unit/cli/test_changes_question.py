"""Which span of time `changes` is asked for."""

from __future__ import annotations

from datetime import timedelta

import pytest
import typer

from example_products import NOW
from ibkr_sync.domain.history.severity import Severity
from ibkr_sync_cli.arguments.changes import ChangesQuestion, changes_question
from one_case import one_case


def asked(since: str | None, until: str | None) -> ChangesQuestion:
    return changes_question(since, until, None, Severity.INFO, None, now=NOW)


@one_case(
    ("since", "until", "begins", "ends"),
    [
        (None, None, 7, None),
        (None, "30d", 37, 30),
        (None, "1d", 8, 1),
        ("40d", "30d", 40, 30),
        ("40d", None, 40, None),
    ],
)
def test_a_span_begins_a_week_before_its_end_unless_said_otherwise(
    since: str | None, until: str | None, begins: int, ends: int | None
) -> None:
    question = asked(since, until)
    assert question.since == NOW - timedelta(days=begins)
    assert question.until == (None if ends is None else NOW - timedelta(days=ends))


def test_a_span_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(typer.BadParameter, match="is before --since"):
        asked("1d", "2d")
