"""The week of the demo: what changes in it, whenever it is played."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta

import pytest

from ibkr_sync.infrastructure.calendars import HolidayCalendar
from ibkr_sync.infrastructure.replay.rows import ContractRow
from ibkr_sync.infrastructure.replay.sample.week import SampleNight, SampleWeek
from one_case import one_case


def chain(night: SampleNight, trading_class: str) -> dict[str, ContractRow]:
    assert night.recording is not None
    return {
        row.con_id: row for row in night.recording.contracts if row.trading_class == trading_class
    }


@one_case(
    "now",
    [
        datetime(2026, 12, 1, 11, tzinfo=UTC),
        datetime(2028, 3, 1, 23, 30, tzinfo=UTC),
        datetime(2031, 6, 21, 23, 59, tzinfo=UTC),
    ],
)
def test_a_week_s_changes_are_those_of_its_script(now: datetime) -> None:
    nights = SampleWeek(now, HolidayCalendar()).nights
    first, second, third, away, fifth, *_, last = nights

    assert timedelta(0) < now - last.at <= timedelta(days=1)
    assert {
        later.at - at for at, later in zip((n.at for n in nights), nights[1:], strict=False)
    } == {timedelta(days=1)}
    assert [night for night in nights if night.recording is None] == [away]
    assert [{row.min_tick for row in chain(night, "VX").values()} for night in (first, second)] == [
        {"0.05"},
        {"0.01"},
    ]
    trading = {con_id for con_id, row in chain(third, "GC").items() if row.time_zone_id}
    gone = trading - chain(fifth, "GC").keys()
    assert len(gone) == 1
    assert not gone & chain(last, "GC").keys()
    moved = [
        (row.last_trade_date, chain(third, "ES")[con_id].last_trade_date)
        for con_id, row in chain(second, "ES").items()
        if row.last_trade_date != chain(third, "ES")[con_id].last_trade_date
    ]
    ((before, after),) = moved
    assert after < before


def test_a_gateway_that_is_away_refuses_connections() -> None:
    night = SampleNight(at=datetime(2026, 11, 27, tzinfo=UTC), recording=None)
    with (
        night.serve(lambda: night.at) as address,
        pytest.raises(ConnectionRefusedError),
    ):
        socket.create_connection(address)
