"""What is told of hours that came in a reply."""

from __future__ import annotations

from fakes.hours import sent_hours
from ibkr_sync.domain.entities.schedules import HoursKind
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.schedules import (
    unread_hours,
)
from one_case import one_case

READABLE = "20261123:1700-20261124:1600"
UNREADABLE = "20261123:all day"


@one_case(
    ("trading", "liquid", "zone", "unread"),
    [
        (READABLE, READABLE, "America/Chicago", []),
        ("", "", "America/Chicago", []),
        (UNREADABLE, READABLE, "America/Chicago", ["trading_hours"]),
        (READABLE, UNREADABLE, "America/Chicago", ["liquid_hours"]),
        (UNREADABLE, UNREADABLE, None, []),  # in an unknown zone nothing is judged
    ],
)
def test_what_of_the_hours_can_t_be_read_has_a_segment_and_a_reason(
    trading: str, liquid: str, zone: str | None, unread: list[str]
) -> None:
    found = unread_hours(sent_hours(trading, liquid), zone)
    assert [*found] == unread
    assert all(error.segment == UNREADABLE for error in found.values())
    assert {error.reason for error in found.values()} <= {"is neither a session nor CLOSED"}
    assert unread_hours(None, zone) == {}


def test_entries_stand_in_order_of_time() -> None:
    schedule = sent_hours("20261125:CLOSED;20261123:1700-20261124:1600;20261126:0830-20261126:1200")
    assert schedule.trading_sessions is not None
    assert [str(session) for session in schedule.trading_sessions] == [
        "2026-11-23T23:00Z/2026-11-24T22:00Z",
        "2026-11-25",
        "2026-11-26T14:30Z/2026-11-26T18:00Z",
    ]
    assert schedule.liquid_sessions is None


@one_case("text", ["", UNREADABLE, f"{READABLE};{UNREADABLE}"])
def test_what_cannot_be_read_or_was_not_sent_means_nothing(text: str) -> None:
    schedule = sent_hours(text, READABLE)
    assert (schedule.trading_hours, schedule.trading_sessions) == (text, None)
    assert schedule.liquid_sessions is not None
    assert schedule.is_unread(HoursKind.TRADING) == bool(text)
