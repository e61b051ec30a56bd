"""The installed command, from a first fetch to the hours of a product."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, date, datetime, timedelta

import pytest

from e2e.command_line import CommandLine, Ended
from example_products import DECEMBER, ES
from fakes.hours import sent_hours
from ibkr_sync.domain.entities.schedules import TradingSchedule
from ibkr_sync.interchange.product_document import product_to_document

DEMO = ("--profile", "demo")
EXPIRY = datetime.now(UTC) + timedelta(days=30)


def store(ibkr_sync: CommandLine, schedule: TradingSchedule | None, time_zone: str | None) -> None:
    """Store ES with one contract that has this schedule."""
    contract = dataclasses.replace(
        DECEMBER,
        last_trade_date=EXPIRY.date(),
        last_trade_at=EXPIRY,
        schedule=schedule,
        time_zone=time_zone,
        listing=None,
    )
    now = datetime.now(UTC)
    product = dataclasses.replace(ES, contracts=(contract,), time_zone=time_zone, synced_at=now)
    document = product_to_document(product, now)
    (ibkr_sync.cwd / "es.json").write_text(json.dumps(document), encoding="utf-8")
    done = ibkr_sync("get", "ES", "--source", "file:es.json")
    assert done.code == 0, done


def test_what_was_fetched_from_the_demo_gateway_has_hours(ibkr_sync: CommandLine) -> None:
    fetched = ibkr_sync(*DEMO, "get", "ES", "--source", "ibkr")
    assert fetched.code == 0, fetched

    table = ibkr_sync(*DEMO, "hours", "ES", "-f", "table")
    assert (table.code, table.err) == (0, "")
    lines = table.out.splitlines()
    assert lines[0] == "ES  E-mini S&P 500  SAMPLE DATA"
    assert lines[1].startswith("CME · trading hours · America/Chicago · ")
    assert max(map(len, lines)) <= 80

    hours = ibkr_sync(*DEMO, "hours", "ES", "--json", "--days", "30").json
    assert hours["schema"] == "ibkr-sync/hours/1"
    assert hours["in_session"] in {True, False}
    opens = [datetime.fromisoformat(session["opens_at"]) for session in hours["sessions"]]
    assert len(opens) >= 3
    assert all(one_open.utcoffset() == timedelta(0) for one_open in opens)
    assert hours["closed_days"]

    rows = ibkr_sync(*DEMO, "hours", "ES", "--days", "30", "--liquid")
    assert rows.out.startswith("symbol\texchange\ttrading_class\t")
    assert {line.split("\t")[5] for line in rows.out.splitlines()[1:]} == {"liquid"}


def test_a_product_that_is_not_stored_has_no_hours(ibkr_sync: CommandLine) -> None:
    missing = ibkr_sync("hours", "ES")
    assert (missing.code, missing.out) == (5, "")
    assert "next:  ibkr-sync get ES --source ibkr" in missing.err


def test_a_product_without_hours_says_what_to_do(ibkr_sync: CommandLine) -> None:
    store(ibkr_sync, None, "America/Chicago")
    unknown = ibkr_sync("hours", "ES")
    assert (unknown.code, unknown.out) == (5, "")
    assert "The trading hours of ES are not known: none are stored." in unknown.err
    assert "next:  ibkr-sync get ES@CME --source ibkr" in unknown.err


def test_hours_in_an_unknown_zone_are_shown_as_sent_with_a_remark(ibkr_sync: CommandLine) -> None:
    text = "20261123:0830-20261123:1600;20261124:CLOSED"
    schedule = TradingSchedule(trading_hours=text, liquid_hours="", time_zone_id="Mars/Olympus")
    store(ibkr_sync, schedule, None)
    raw = ibkr_sync("hours", "ES", "-f", "table")
    assert raw.code == 0
    assert set(text.split(";")) <= {line.strip() for line in raw.out.splitlines()}
    assert "time zone 'Mars/Olympus' is not known; shown as sent" in raw.err


@pytest.mark.parametrize("arguments", [("--days", "0"), ("--days", "x"), ("--tz", "mars")])
def test_an_option_that_makes_no_sense_is_a_usage_error(
    ibkr_sync: CommandLine, arguments: tuple[str, str]
) -> None:
    assert ibkr_sync("hours", "ES", *arguments).code == 2


def on(ibkr_sync: CommandLine, day: date, *arguments: str) -> Ended:
    return ibkr_sync("hours", "ES", "--on", day.isoformat(), *arguments)


def window(first: date, *segments: str) -> TradingSchedule:
    """Hours of the days from the first on: `{0}` is a day and `{1}` the next."""
    days = [
        segment.format(*(f"{first + timedelta(days=number + more):%Y%m%d}" for more in (0, 1)))
        for number, segment in enumerate(segments)
    ]
    return sent_hours(";".join(days))


class TestOnOneDay:
    overnight, closed = "{0}:1700-{1}:1600", "{0}:CLOSED"
    first = datetime.now(UTC).date() - timedelta(days=2)

    def days(self, number: int) -> date:
        return self.first + timedelta(days=number)

    def test_a_day_that_the_window_has_left_is_known_from_the_archive(
        self, ibkr_sync: CommandLine
    ) -> None:
        store(ibkr_sync, window(self.first, *[self.overnight] * 3), "America/Chicago")
        later = window(self.days(2), self.overnight, self.closed, self.overnight)
        store(ibkr_sync, later, "America/Chicago")

        past = on(ibkr_sync, self.days(1), "--json")
        assert past.code == 0
        assert past.json["schema"] == "ibkr-sync/hours-of-day/2"
        assert [session["date"] for session in past.json["sessions"]] == [
            self.days(0).isoformat(),
            self.days(1).isoformat(),
        ]
        assert past.json["closed"] is False

        table = on(ibkr_sync, self.days(3), "-f", "table")
        assert "CLOSED" in table.out
        assert max(map(len, table.out.splitlines())) <= 80
        rows = on(ibkr_sync, self.days(3), "-f", "csv").rows()
        assert [(row["date"], row["closed"]) for row in rows] == [
            (self.days(2).isoformat(), "false"),
            (self.days(3).isoformat(), "true"),
        ]

    def test_where_the_day_before_is_not_kept_says_that_a_session_may_be_missing(
        self, ibkr_sync: CommandLine
    ) -> None:
        store(ibkr_sync, window(self.first, *[self.overnight] * 3), "America/Chicago")
        first, second = (on(ibkr_sync, self.days(number), "--json") for number in (0, 1))
        assert (first.code, first.json["may_lack_earlier_sessions"]) == (0, True)
        remark = f"note: what began the day before {self.days(0)} is not known"
        assert remark in first.message
        assert (second.json["may_lack_earlier_sessions"], second.err) == (False, "")

    def test_a_day_that_nothing_is_known_of_names_those_that_are(
        self, ibkr_sync: CommandLine
    ) -> None:
        store(ibkr_sync, window(self.first, *[self.overnight] * 3), "America/Chicago")
        unknown = on(ibkr_sync, self.days(-9))
        assert (unknown.code, unknown.out) == (5, "")
        known = f"known are {self.days(0)} to {self.days(2)}"
        assert f"of {self.days(-9)} nothing is kept; {known}" in unknown.message

    def test_hours_of_a_kind_that_was_never_sent_are_unknown(self, ibkr_sync: CommandLine) -> None:
        store(ibkr_sync, window(self.first, *[self.overnight] * 3), "America/Chicago")
        assert on(ibkr_sync, self.days(1), "--liquid").code == 5

    def test_without_a_time_zone_nothing_can_be_reported(self, ibkr_sync: CommandLine) -> None:
        in_no_zone = dataclasses.replace(
            window(self.first, *[self.overnight] * 3),
            time_zone_id="Mars/Olympus",
            trading_sessions=None,
        )
        store(ibkr_sync, in_no_zone, None)
        unknown = on(ibkr_sync, self.days(1))
        assert (unknown.code, unknown.out) == (5, "")
        assert f"of {self.days(1)} nothing is kept" in unknown.message

    @pytest.mark.parametrize("arguments", [("--on", "tomorrow"), ("--on", "20261123x")])
    def test_what_is_no_day_is_a_usage_error(
        self, ibkr_sync: CommandLine, arguments: tuple[str, str]
    ) -> None:
        assert ibkr_sync("hours", "ES", *arguments).code == 2

    def test_one_day_and_a_number_of_days_exclude_each_other(self, ibkr_sync: CommandLine) -> None:
        assert on(ibkr_sync, self.first, "--days", "3").code == 2
