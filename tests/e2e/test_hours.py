"""The installed command, from a first fetch to the hours of a product."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from example_products import DECEMBER, ES
from ibkr_sync.domain.entities.contracts import TradingSchedule
from ibkr_sync.domain.product_document import product_to_document

COMMAND = Path(sys.executable).with_name("ibkr-sync")
EXPIRY = datetime.now(UTC) + timedelta(days=30)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder with nothing in it."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def run(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"HOME": str(home), "PATH": os.environ["PATH"], "COLUMNS": "80"}
    return subprocess.run(  # noqa: S603 - our own command
        [COMMAND, *arguments],
        cwd=home,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def stored(home: Path, schedule: TradingSchedule | None, time_zone: str | None) -> None:
    """Store ES with one contract that has this schedule."""
    contract = dataclasses.replace(
        DECEMBER,
        last_trade_date=EXPIRY.date(),
        last_trade_at=EXPIRY,
        schedule=schedule,
        time_zone=time_zone,
        listing=None,
    )
    product = dataclasses.replace(ES, contracts=(contract,), time_zone=time_zone)
    document = product_to_document(product, datetime.now(UTC))
    (home / "es.json").write_text(json.dumps(document), encoding="utf-8")
    done = run(home, "get", "ES", "--source", "file:es.json")
    assert done.returncode == 0, done.stderr


def test_what_was_fetched_from_the_demo_gateway_has_hours(home: Path) -> None:
    fetched = run(home, "--profile", "demo", "get", "ES", "--source", "ibkr")
    assert fetched.returncode == 0, fetched.stderr

    table = run(home, "--profile", "demo", "hours", "ES", "-f", "table")
    assert (table.returncode, table.stderr) == (0, "")
    lines = table.stdout.splitlines()
    assert lines[0] == "ES  E-mini S&P 500  SAMPLE DATA"
    assert lines[1].startswith("CME · trading hours · America/Chicago · ")
    assert max(map(len, lines)) <= 80

    document = run(home, "--profile", "demo", "hours", "ES", "--json", "--days", "30")
    hours: dict[str, Any] = json.loads(document.stdout)
    assert hours["schema"] == "ibkr-sync/hours/1"
    assert hours["in_session"] in {True, False}
    opens = [datetime.fromisoformat(each["opens_at"]) for each in hours["sessions"]]
    assert len(opens) >= 3
    assert all(each.utcoffset() == timedelta(0) for each in opens)
    assert hours["closed_days"]

    rows = run(home, "--profile", "demo", "hours", "ES", "--days", "30", "--liquid")
    assert rows.stdout.startswith("symbol\texchange\ttrading_class\t")
    assert {line.split("\t")[5] for line in rows.stdout.splitlines()[1:]} == {"liquid"}


def test_a_product_that_is_not_stored_has_no_hours(home: Path) -> None:
    missing = run(home, "hours", "ES")
    assert (missing.returncode, missing.stdout) == (5, "")
    assert "next:  ibkr-sync get ES --source ibkr" in missing.stderr


def test_a_product_without_hours_says_what_to_do(home: Path) -> None:
    stored(home, None, "America/Chicago")
    unknown = run(home, "hours", "ES")
    assert (unknown.returncode, unknown.stdout) == (5, "")
    assert "The trading hours of ES are not known: none are stored." in unknown.stderr
    assert "next:  ibkr-sync get ES --source ibkr" in unknown.stderr


def test_hours_in_an_unknown_zone_are_shown_as_sent_with_a_remark(home: Path) -> None:
    text = "20261123:0830-20261123:1600;20261124:CLOSED"
    stored(
        home,
        TradingSchedule(trading_hours=text, liquid_hours="", time_zone_id="Mars/Olympus"),
        None,
    )
    raw = run(home, "hours", "ES", "-f", "table")
    assert raw.returncode == 0
    assert set(text.split(";")) <= {line.strip() for line in raw.stdout.splitlines()}
    assert "time zone 'Mars/Olympus' is not known; shown as sent" in raw.stderr


@pytest.mark.parametrize("arguments", [("--days", "0"), ("--days", "x"), ("--tz", "mars")])
def test_an_option_that_makes_no_sense_is_a_usage_error(
    home: Path, arguments: tuple[str, str]
) -> None:
    assert run(home, "hours", "ES", *arguments).returncode == 2
