"""What is told of hours that came in a reply."""

from __future__ import annotations

import dataclasses

import pytest

from example_products import DECEMBER, MARCH
from ibkr_sync.domain.entities.contracts import FuturesContract, TradingSchedule
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.hours_check import (
    report_unreadable_hours,
)

READABLE = "20261123:1700-20261124:1600"
UNREADABLE = "20261123:all day"


def with_hours(
    contract: FuturesContract,
    trading: str,
    liquid: str = "",
    zone: str | None = "America/Chicago",
) -> FuturesContract:
    schedule = TradingSchedule(
        trading_hours=trading, liquid_hours=liquid, time_zone_id="US/Central"
    )
    return dataclasses.replace(contract, time_zone=zone, schedule=schedule)


def test_hours_that_can_be_read_or_were_not_sent_are_not_told_of(
    caplog: pytest.LogCaptureFixture,
) -> None:
    report_unreadable_hours([with_hours(DECEMBER, READABLE, READABLE), MARCH])
    assert caplog.messages == []


def test_a_text_that_cannot_be_read_is_told_of_once_with_its_contracts(
    caplog: pytest.LogCaptureFixture,
) -> None:
    report_unreadable_hours([with_hours(DECEMBER, UNREADABLE), with_hours(MARCH, UNREADABLE)])
    (message,) = caplog.messages
    assert message == (
        "ESZ6 and 1 more: trading hours can't be read: '20261123:all day': "
        "is neither a session nor CLOSED; kept as sent"
    )


def test_trading_and_liquid_hours_are_told_of_apart(caplog: pytest.LogCaptureFixture) -> None:
    report_unreadable_hours([with_hours(DECEMBER, READABLE, UNREADABLE)])
    assert [message.split("'")[0] for message in caplog.messages] == ["ESZ6: liquid hours can"]


def test_hours_in_a_zone_that_is_not_known_are_not_judged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    report_unreadable_hours([with_hours(DECEMBER, UNREADABLE, zone=None)])
    assert caplog.messages == []
