"""Which contracts of a product exist on a day."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibkr_sync.infrastructure.calendars import HolidayCalendar
from ibkr_sync.infrastructure.replay.sample.listing import (
    EXPIRED_KEPT,
    ListedContract,
    expired_listing,
    listed_contracts,
)
from ibkr_sync.infrastructure.replay.sample.products import SampleProduct, sample_products
from one_case import one_case

CALENDAR = HolidayCalendar()

TODAY = date(2026, 11, 23)
days = st.dates(date(2020, 1, 1), date(2035, 12, 31))
products = st.sampled_from(sample_products())


def product_of_class(trading_class: str) -> SampleProduct:
    return next(product for product in sample_products() if product.trading_class == trading_class)


def es_listed_as(listing: str) -> SampleProduct:
    return dataclasses.replace(product_of_class("ES"), listing=listing)


def monthly(contracts: list[ListedContract]) -> list[ListedContract]:
    return [contract for contract in contracts if contract.week is None]


def weekly(contracts: list[ListedContract]) -> list[ListedContract]:
    return [contract for contract in contracts if contract.week is not None]


def months(contracts: list[ListedContract]) -> list[str]:
    return [f"{contract.month_code}{contract.year % 100}" for contract in contracts]


@one_case(
    ("trading_class", "size"),
    [
        ("ES", 21), ("NQ", 5), ("YM", 4), ("NKD", 15), ("FDAX", 12), ("FDXM", 12), ("FDXS", 3),
        ("CL", 122), ("NG", 145), ("BZ", 87), ("COIL", 96), ("HO", 38), ("RB", 38), ("GC", 21),
        ("MGC", 12), ("ZC", 17), ("ZS", 23), ("ZW", 15), ("LE", 9), ("GF", 8), ("ZN", 3),
        ("SR3", 44), ("6E", 23), ("6J", 23), ("BTC", 7), ("MBT", 7), ("VX", 15),
    ],
)  # fmt: skip
def test_a_chain_is_as_long_as_the_listing_rules_make_it(trading_class: str, size: int) -> None:
    assert len(listed_contracts(product_of_class(trading_class), CALENDAR, TODAY)) == size


@one_case(
    ("listing", "expected"),
    [
        ("HMUZ:3", ["Z26", "H27", "M27"]),
        ("*:3", ["Z26", "F27", "G27"]),
        ("*:2 Z:2", ["Z26", "F27", "Z27"]),
        ("GJ:6m", ["G27", "J27"]),
        ("HZ:5m H:1", ["Z26", "H27"]),
        ("Z:1y", ["Z26", "Z27"]),
        ("Z:0y+2", ["Z26"]),
        ("FG:0y+1", ["F27"]),
    ],
)
def test_a_listing_term_says_which_months_and_how_far(listing: str, expected: list[str]) -> None:
    assert months(listed_contracts(es_listed_as(listing), CALENDAR, TODAY)) == expected


@one_case("listing", ["HMUZ", "*:x", "A:3", "*:3w", "weekly:", "z:1"])
def test_a_listing_in_another_notation_is_refused(listing: str) -> None:
    with pytest.raises(ValueError, match="not a listing term"):
        listed_contracts(es_listed_as(listing), CALENDAR, TODAY)


def test_a_contract_is_listed_through_its_last_trade_date() -> None:
    last = date(2026, 12, 18)
    es = product_of_class("ES")
    assert months(listed_contracts(es, CALENDAR, last))[0] == "Z26"
    assert months(listed_contracts(es, CALENDAR, last + timedelta(days=1)))[0] == "H27"
    assert months(expired_listing(es, CALENDAR, last))[-1] == "U26"
    assert months(expired_listing(es, CALENDAR, last + timedelta(days=1)))[-1] == "Z26"


def test_a_rate_contract_outlives_the_month_that_names_it() -> None:
    assert months(listed_contracts(product_of_class("SR3"), CALENDAR, TODAY))[:3] == [
        "U26",
        "V26",
        "X26",
    ]


def test_the_weekly_expiries_leave_out_the_week_of_the_monthly_one() -> None:
    listed = listed_contracts(product_of_class("VX"), CALENDAR, TODAY)
    assert [contract.week for contract in weekly(listed)] == [48, 49, 50, 52, 53, 1]
    assert date(2026, 12, 16) in {contract.last_trade_date for contract in monthly(listed)}


@given(products, days)
def test_every_product_has_something_to_trade_on_every_day(
    product: SampleProduct, today: date
) -> None:
    listed = listed_contracts(product, CALENDAR, today)
    assert listed
    assert all(contract.last_trade_date >= today for contract in listed)


@given(products, days)
def test_expired_contracts_reach_two_years_back(product: SampleProduct, today: date) -> None:
    expired = [contract.last_trade_date for contract in expired_listing(product, CALENDAR, today)]
    assert expired
    assert all(today - EXPIRED_KEPT <= day < today for day in expired)
    assert min(expired) < today - timedelta(days=500)


@given(products, days)
def test_last_trade_dates_ascend_with_the_contract_month(
    product: SampleProduct, today: date
) -> None:
    chain = expired_listing(product, CALENDAR, today) + listed_contracts(product, CALENDAR, today)
    for series in (monthly(chain), weekly(chain)):
        dates = [contract.last_trade_date for contract in series]
        numbers = [contract.number for contract in series]
        assert numbers == sorted(set(numbers))
        assert dates == sorted(set(dates))


@given(products, days)
def test_last_trade_dates_are_business_days(product: SampleProduct, today: date) -> None:
    chain = expired_listing(product, CALENDAR, today) + listed_contracts(product, CALENDAR, today)
    assert [
        contract
        for contract in chain
        if not CALENDAR.is_business_day(contract.last_trade_date, product.market)
    ] == []


@given(products, days, st.integers(1, 90))
def test_a_listed_contract_stays_listed_until_it_expires(
    product: SampleProduct, today: date, later: int
) -> None:
    then = today + timedelta(days=later)
    known = listed_contracts(product, CALENDAR, then) + expired_listing(product, CALENDAR, then)
    assert set(listed_contracts(product, CALENDAR, today)) <= set(known)
