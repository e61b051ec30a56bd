"""The gateway's clock is compared with ours whatever zone it is shown in, or not at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ibkr_sync.infrastructure.repositories.ibkr_repo.probes.connection_time import compare_clocks
from one_case import one_case

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)


@one_case(
    ("text", "seconds", "is_whole"),
    [
        ("20261123 12:00:00 UTC", 0, True),
        ("20261123-12:00:07 GMT", 7, True),
        ("20261123 07:00:10 America/New_York", 10, True),
        ("20261123 13:00:00 Central European Standard Time", 0, True),
        ("20261124 12:00:00 Europe/London", 86400, True),
        ("20261123 06:00:20 CST", 20, False),  # Chicago's, or Shanghai's
        ("20261123 17:29:50 IST", -10, False),
        ("20261123 12:00:05", 5, False),
        ("20261123 12:00:05 Nowhere/At All", 5, False),
        ("20261123 12:07:31", -449, False),
    ],
)
def test_the_difference_is_what_the_zone_leaves(text: str, seconds: int, is_whole: bool) -> None:
    found = compare_clocks(text, AT)
    assert found is not None
    assert (found.ahead, found.is_whole) == (timedelta(seconds=seconds), is_whole)


def test_the_hour_that_comes_twice_is_the_likelier_one() -> None:
    for hour in (5, 6):
        at = datetime(2026, 11, 1, hour, 30, tzinfo=UTC)
        found = compare_clocks("20261101 01:30:00 America/New_York", at)
        assert found is not None
        assert found.ahead == timedelta()


@given(
    st.one_of(
        st.text(max_size=40),
        st.tuples(
            st.from_regex(r"[0-9]{8} [0-9]{2}:[0-9]{2}:[0-9]{2}", fullmatch=True),
            st.sampled_from(["", " UTC", " GMT+14:00", " Asia/Tokyo", " \0", " ../UTC"]),
        ).map("".join),
    )
)
def test_whatever_is_sent_is_compared_or_is_no_time(text: str) -> None:
    found = compare_clocks(text, AT)
    assert found is None or found.said == text


def test_years_that_no_clock_shows_are_no_time() -> None:
    for text in ("00010101 00:00:00 Asia/Tokyo", "99991231 23:59:59 America/New_York"):
        assert compare_clocks(text, AT) is None
