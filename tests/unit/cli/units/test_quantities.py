"""Counts, sizes and instants as people read them."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from ibkr_sync_cli.units.moments import instant_text, instant_value
from ibkr_sync_cli.units.quantities import quantity_of, size_quantity
from one_case import one_case


@one_case(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1_000, "1.0 kB"),
        (1_240, "1.2 kB"),
        (99_400, "99 kB"),
        (999_600, "1.0 MB"),
        (34_000_000, "34 MB"),
        (7_650_000_000, "7.7 GB"),
        (10**18, "1000000 TB"),
    ],
)
def test_a_size_has_its_largest_fitting_unit(size: int, text: str) -> None:
    assert size_quantity(size) == text


@given(size=st.integers(0, 10**14))
def test_no_size_is_reported_with_more_than_three_digits(size: int) -> None:
    assert len(size_quantity(size).split()[0].replace(".", "")) <= 3


def test_a_number_has_its_noun() -> None:
    assert quantity_of(1, "product") == "1 product"
    assert quantity_of(0, "product") == "0 products"
    assert quantity_of(2, "raw reply", "raw replies") == "2 raw replies"


def test_instants_are_reported_to_people_and_machines() -> None:
    at = datetime(2026, 11, 23, 12, 5, 30, tzinfo=UTC)
    assert (instant_text(at), instant_value(at)) == ("2026-11-23 12:05 UTC", "2026-11-23T12:05:30Z")
    assert instant_value(None) is None
