"""How the hours of a product are shown."""

from __future__ import annotations

import dataclasses
import io
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from rich.console import Console

from example_products import DECEMBER, ES
from fakes.hours import sent_hours
from ibkr_sync.domain.entities.contracts import ContractListing
from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.entities.schedules import HoursKind
from ibkr_sync.domain.hours.product_hours import product_hours
from ibkr_sync_cli.terminal.output import Result
from ibkr_sync_cli.units.clocks import Clock
from ibkr_sync_cli.views.hours.coming_hours import COLUMNS, coming_hours_view
from ibkr_sync_cli.views.hours.product_hours import ProductHours

MONDAY_NOON = datetime(2026, 11, 23, 18, tzinfo=UTC)  # in Chicago
TRADING = (
    "20261122:1700-20261123:1600;20261123:1700-20261124:1600;20261124:1700-20261125:1600;"
    "20261125:1700-20261126:1200;20261127:0830-20261127:1215;20261128:CLOSED"
)
LIQUID = "20261123:0830-20261123:1130;20261123:1200-20261123:1600"


def product(
    trading: str = TRADING,
    liquid: str = LIQUID,
    zone: str | None = "America/Chicago",
    **changes: Any,
) -> Future:
    contract = dataclasses.replace(
        DECEMBER,
        time_zone=zone,
        schedule=sent_hours(trading, liquid),
        listing=ContractListing(
            first_seen_at=MONDAY_NOON, last_seen_at=datetime(2026, 11, 23, 16, tzinfo=UTC)
        ),
    )
    return dataclasses.replace(ES, contracts=(contract,), **changes)


def result(
    future: Future,
    *,
    now: datetime = MONDAY_NOON,
    days: int = 7,
    clock: Clock = Clock.EXCHANGE,
    kind: HoursKind = HoursKind.TRADING,
) -> Result:
    hours = product_hours(future, now, kind)
    return coming_hours_view(
        ProductHours(future=future, hours=hours, now=now, days=days, clock=clock)
    )


def drawn(shown: Result) -> list[str]:
    console = Console(file=io.StringIO(), width=80, markup=False, highlight=False)
    with console.capture() as capture:
        console.print(shown.table())
    return [line.rstrip() for line in capture.get().splitlines()]


@pytest.fixture
def tokyo_machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This machine's zone is Tokyo's."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


class TestTable:
    def test_it_has_a_line_per_session_and_closed_day_and_marks_the_present_one(self) -> None:
        assert drawn(result(product())) == [
            "ES  E-mini S&P 500",
            "CME · trading hours · America/Chicago · open until 16:00 CT",
            "   Day         Opens   Closes     Duration",
            "──────────────────────────────────────────",
            "▶  Sun 22 Nov  17:00   Mon 16:00       23h",
            "   Mon 23 Nov  17:00   Tue 16:00       23h",
            "   Tue 24 Nov  17:00   Wed 16:00       23h",
            "   Wed 25 Nov  17:00   Thu 12:00       19h",
            "   Fri 27 Nov  08:30   12:15        3h 45m",
            "   Sat 28 Nov  CLOSED",
            "as IBKR sent them for ESZ6 · seen 2h ago · ▶ now · known until Sun 29 Nov 00:00",
        ]

    def test_days_are_counted_from_the_exchanges_today(self) -> None:
        lines = drawn(result(product(), days=2))
        assert [line[3:6] for line in lines[4:-1]] == ["Sun", "Mon", "Tue"]

    def test_in_utc_it_says_so(self) -> None:
        lines = drawn(result(product(), clock=Clock.UTC, days=1))
        assert lines[1].endswith("Chicago · shown in UTC · open until 22:00 UTC")
        assert lines[4].split() == ["▶", "Sun", "22", "Nov", "23:00", "Mon", "22:00", "23h"]

    @pytest.mark.usefixtures("tokyo_machine")
    def test_in_local_time_it_shows_this_machines_clock(self) -> None:
        lines = drawn(result(product(), clock=Clock.LOCAL, days=1))
        assert lines[1].endswith("· shown in local time")
        assert lines[2] == "open until 07:00 JST"
        assert lines[5].split() == ["▶", "Mon", "23", "Nov", "08:00", "Tue", "07:00", "23h"]

    def test_outside_liquid_hours_it_does_not_say_that_the_market_is_closed(self) -> None:
        before = datetime(2026, 11, 23, 14, tzinfo=UTC)
        lines = drawn(result(product(), kind=HoursKind.LIQUID, now=before))
        assert lines[1] == "CME · liquid hours · America/Chicago"
        assert [line.split()[-2:] for line in lines[4:6]] == [["11:30", "3h"], ["16:00", "4h"]]

    def test_sample_data_is_marked(self) -> None:
        lines = drawn(result(product(origin=Origin.SAMPLE)))
        assert lines[0] == "ES  E-mini S&P 500  SAMPLE DATA"
        assert lines[-1].startswith("from sample data for ESZ6")

    def test_hours_in_an_unknown_zone_are_shown_as_sent(self) -> None:
        lines = drawn(result(product("20261123:0830-20261123:1600;20261124:CLOSED", zone=None)))
        assert lines[1:3] == ["CME · trading hours · time zone unknown", "As sent"]
        assert lines[4:6] == ["20261123:0830-20261123:1600", "20261124:CLOSED"]

    def test_text_from_outside_is_never_markup(self) -> None:
        lines = drawn(result(product("20261123:[red]all day[/red]", name="[b]S&P[/b]")))
        assert lines[0] == "ES  [b]S&P[/b]"
        assert lines[4] == "20261123:[red]all day[/red]"


class TestDocument:
    def test_it_has_utc_instants_and_the_exchanges_clock(self) -> None:
        assert result(product(), days=1).document() == {
            "schema": "ibkr-sync/hours/1",
            "symbol": "ES",
            "exchange": "CME",
            "trading_class": "ES",
            "name": "E-mini S&P 500",
            "origin": "ibkr",
            "con_id": 600000001,
            "local_symbol": "ESZ6",
            "hours": "trading",
            "time_zone": "America/Chicago",
            "time_zone_id": "US/Central",
            "seen_at": "2026-11-23T16:00:00Z",
            "as_of": "2026-11-23T18:00:00Z",
            "in_session": True,
            "until": "2026-11-23T22:00:00Z",
            "known_until": "2026-11-29T06:00:00Z",
            "sessions": [
                {
                    "date": "2026-11-22",
                    "opens_at": "2026-11-22T23:00:00Z",
                    "closes_at": "2026-11-23T22:00:00Z",
                    "opens_local": "2026-11-22T17:00:00-06:00",
                    "closes_local": "2026-11-23T16:00:00-06:00",
                    "minutes": 1380,
                    "current": True,
                },
                {
                    "date": "2026-11-23",
                    "opens_at": "2026-11-23T23:00:00Z",
                    "closes_at": "2026-11-24T22:00:00Z",
                    "opens_local": "2026-11-23T17:00:00-06:00",
                    "closes_local": "2026-11-24T16:00:00-06:00",
                    "minutes": 1380,
                    "current": False,
                },
            ],
            "closed_days": [],
            "as_sent": TRADING,
            "problem": None,
        }

    def test_closed_days_are_named(self) -> None:
        document: Any = result(product()).document()
        assert document["closed_days"] == ["2026-11-28"]

    def test_hours_that_cannot_be_read_are_given_as_sent_with_the_reason(self) -> None:
        document: Any = result(product("all day")).document()
        assert (document["sessions"], document["in_session"]) == ([], None)
        assert document["as_sent"] == "all day"
        assert document["problem"] == "trading hours can't be read"


class TestRows:
    def test_there_is_one_per_session_and_closed_day(self) -> None:
        rows = list(result(product()).rows())
        assert [row["date"] for row in rows] == [
            *("2026-11-22", "2026-11-23", "2026-11-24", "2026-11-25", "2026-11-27", "2026-11-28"),
        ]
        assert rows[0]["opens_local"] == "2026-11-22T17:00:00-06:00"
        assert [row["current"] for row in rows] == ["true", *["false"] * 5]
        assert [row["closed"] for row in rows] == [*["false"] * 5, "true"]
        assert rows[-1]["opens_at"] == ""
        assert all(tuple(row) == COLUMNS for row in rows)

    def test_json_lines_say_the_same(self) -> None:
        records: list[Any] = list(result(product()).records())
        assert [record["closes_at"] for record in records][-2:] == ["2026-11-27T18:15:00Z", None]
        assert {record["local_symbol"] for record in records} == {"ESZ6"}

    def test_hours_that_cannot_be_read_are_one_per_segment_as_sent(self) -> None:
        rows = list(result(product("20261123:0830-20261123:1600;all day", zone=None)).rows())
        assert [row["as_sent"] for row in rows] == ["20261123:0830-20261123:1600", "all day"]
        assert {(row["date"], row["time_zone"]) for row in rows} == {("", "")}
