"""IBKR's time zone ids, mapped to the zone database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibkr_sync.catalogue import iana_zone
from ibkr_sync.catalogue.tables import read_table

ROWS = list(read_table("time_zones"))


@pytest.mark.parametrize("row", ROWS, ids=[row["ib_id"] for row in ROWS])
def test_every_id_of_the_table_means_a_zone_that_exists(row: dict[str, str]) -> None:
    assert iana_zone(row["ib_id"]) == row["iana"]
    assert ZoneInfo(row["iana"]).key == row["iana"]


def test_no_id_stands_twice_in_the_table() -> None:
    assert len({row["ib_id"] for row in ROWS}) == len(ROWS)


def test_est_has_daylight_saving_unlike_the_zone_databases_key() -> None:
    zone = iana_zone("EST")
    assert zone is not None
    assert datetime(2026, 7, 1, tzinfo=UTC).astimezone(ZoneInfo(zone)).utcoffset() == timedelta(
        hours=-4
    )


@pytest.mark.parametrize("zone", ["Europe/Amsterdam", "America/Argentina/Buenos_Aires", "UTC"])
def test_a_name_of_the_zone_database_is_accepted_outside_the_table(zone: str) -> None:
    assert iana_zone(zone) == zone


@pytest.mark.parametrize("zone", ["MST", "HST", "CET", "EET", "GMT0", "GMT+0", "PRC"])
def test_an_abbreviation_outside_the_table_is_unknown_though_the_database_has_it(
    zone: str,
) -> None:
    assert zone in available_timezones()
    assert iana_zone(zone) is None


@pytest.mark.parametrize(
    "zone",
    ["", " ", "europe/london", "Mars/Olympus", "../../etc/passwd", "localtime", "Factory", "\x00"],
)
def test_what_names_no_zone_is_unknown(zone: str) -> None:
    assert iana_zone(zone) is None


@given(st.text(max_size=30))
def test_whatever_is_sent_the_answer_is_a_zone_or_unknown(text: str) -> None:
    zone = iana_zone(text)
    assert zone is None or ZoneInfo(zone).key == zone
