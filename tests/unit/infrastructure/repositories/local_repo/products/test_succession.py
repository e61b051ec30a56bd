"""When a row counts as seen that stands beside the one it replaces."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ibkr_sync.infrastructure.repositories.local_repo.products.succession import (
    instant_of_succession,
)
from one_case import one_case

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)


@one_case("before", [TICK, timedelta(days=1)])
def test_a_row_is_seen_now_if_the_one_it_replaces_is_older(before: timedelta) -> None:
    assert instant_of_succession(NOW - before, NOW) == NOW


@one_case("set_back", [timedelta(0), TICK, timedelta(days=1)])
def test_a_row_is_newer_than_the_one_it_replaces_after_the_clock_was_set_back(
    set_back: timedelta,
) -> None:
    assert instant_of_succession(NOW + set_back, NOW) == NOW + set_back + TICK
