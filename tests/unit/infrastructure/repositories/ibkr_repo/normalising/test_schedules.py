"""What is told of hours that came in a reply."""

from __future__ import annotations

import dataclasses

import pytest

from example_products import DECEMBER, MARCH
from fakes.hours import sent_hours
from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.schedules import HoursKind
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.schedules import (
    report_unread_hours,
)

READABLE = "20261123:1700-20261124:1600"
UNREADABLE = "20261123:all day"


def with_hours(
    contract: FuturesContract,
    trading: str,
    liquid: str = "",
    zone: str | None = "America/Chicago",
) -> FuturesContract:
    schedule = sent_hours(trading, liquid)
    return dataclasses.replace(contract, time_zone=zone, schedule=schedule)


def test_hours_that_can_be_read_or_were_not_sent_are_not_told_of(
    caplog: pytest.LogCaptureFixture,
) -> None:
    report_unread_hours([with_hours(DECEMBER, READABLE, READABLE), MARCH])
    assert caplog.messages == []


def test_a_text_that_cannot_be_read_is_told_of_once_with_its_contracts(
    caplog: pytest.LogCaptureFixture,
) -> None:
    report_unread_hours([with_hours(DECEMBER, UNREADABLE), with_hours(MARCH, UNREADABLE)])
    (message,) = caplog.messages
    assert message == (
        "ESZ6 and 1 more: trading hours can't be read: '20261123:all day': "
        "is neither a session nor CLOSED; kept as sent"
    )


def test_trading_and_liquid_hours_are_told_of_apart(caplog: pytest.LogCaptureFixture) -> None:
    report_unread_hours([with_hours(DECEMBER, READABLE, UNREADABLE)])
    assert [message.split("'")[0] for message in caplog.messages] == ["ESZ6: liquid hours can"]


def test_hours_in_a_zone_that_is_not_known_are_not_judged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    report_unread_hours([with_hours(DECEMBER, UNREADABLE, zone=None)])
    assert caplog.messages == []


def test_entries_stand_in_order_of_time() -> None:
    schedule = sent_hours("20261125:CLOSED;20261123:1700-20261124:1600;20261126:0830-20261126:1200")
    assert schedule.trading_sessions is not None
    assert [str(each) for each in schedule.trading_sessions] == [
        "2026-11-23T23:00Z/2026-11-24T22:00Z",
        "2026-11-25",
        "2026-11-26T14:30Z/2026-11-26T18:00Z",
    ]
    assert schedule.liquid_sessions is None


@pytest.mark.parametrize("text", ["", UNREADABLE, f"{READABLE};{UNREADABLE}"])
def test_what_cannot_be_read_or_was_not_sent_means_nothing(text: str) -> None:
    schedule = sent_hours(text, READABLE)
    assert (schedule.trading_hours, schedule.trading_sessions) == (text, None)
    assert schedule.liquid_sessions is not None
    assert schedule.is_unread(HoursKind.TRADING) == bool(text)
