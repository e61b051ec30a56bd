"""A contract's numbers and times are exact, and what is not known is empty."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from example_products import DECEMBER, ES, MARCH, NOW
from ibkr_sync.domain.entities.catalogue import ProductFacts
from ibkr_sync.domain.entities.contracts import ContractListing, FuturesContract
from ibkr_sync.domain.entities.exported_product import ExportedProduct
from ibkr_sync.domain.entities.futures import AssetClass
from ibkr_sync.interchange.exports.nautilus.instrument_rows import (
    ASSET_CLASSES,
    instrument_row,
    what_is_missing,
)
from one_case import one_case


def changed(**fields: Any) -> FuturesContract:
    return dataclasses.replace(DECEMBER, **fields)


def row_of(contract: FuturesContract, mic: str | None = "XCME") -> dict[str, Any]:
    return instrument_row(
        ExportedProduct(product=ES, facts=ProductFacts(mic=mic), ladders={}), contract
    )


def test_what_is_known_stands_in_the_row() -> None:
    row = row_of(DECEMBER)
    assert json.loads(row.pop("info")) == {
        "contract": {
            "secType": "FUT",
            "conId": 600000001,
            "exchange": "CME",
            "symbol": "ES",
            "tradingClass": "ES",
            "currency": "USD",
            "localSymbol": "ESZ6",
            "lastTradeDateOrContractMonth": "20261218",
            "multiplier": "50",
        },
        "minTick": 0.25,
        "validExchanges": "CME,QBALGO",
        "priceMagnifier": 1,
        "contractMonth": "202612",
        "realExpirationDate": "20261218",
        "secIdList": {"ISIN": "XX0000000000"},
    }
    assert row == {
        "id": "ESZ6.CME",
        "raw_symbol": "ESZ6",
        "underlying": "ES",
        "asset_class": "INDEX",
        "exchange": "XCME",
        "currency": "USD",
        "price_precision": 2,
        "size_precision": 0,
        "price_increment": "0.25",
        "size_increment": "1",
        "multiplier": "50",
        "lot_size": "1",
        "activation_ns": 0,
        "expiration_ns": 1797604200_000_000_000,
        **dict.fromkeys(("margin_init", "margin_maint", "maker_fee", "taker_fee"), "0"),
        "ts_event": 1795435200_000_000_000,
        "ts_init": 1795435200_000_000_000,
    }


@one_case(
    ("tick", "magnifier", "increment", "precision"),
    [
        ("0.25", 1, "0.25", 2),
        ("0.0025", 100, "0.0025", 4),  # ZC: prices are unmagnified there
        ("0.015625", 1, "0.015625", 6),  # ZN, in half 32nds
        ("0.0000005", 1, "0.0000005", 7),  # 6J
        ("5E-7", 1, "0.0000005", 7),
        ("0.500", 1, "0.5", 1),
        ("10", 1, "10", 0),
        ("1E+1", 1, "10", 0),
    ],
)
def test_the_precision_is_that_of_the_tick(
    tick: str, magnifier: int, increment: str, precision: int
) -> None:
    row = row_of(changed(min_tick=Decimal(tick), price_magnifier=magnifier))
    assert (row["price_increment"], row["price_precision"]) == (increment, precision)


@one_case(
    ("multiplier", "expected"),
    [("50", "50"), ("1E+3", "1000"), ("0.1", "0.1"), ("101.7313", "101.7313"), ("50.00", "50")],
)
def test_the_multiplier_is_exact(multiplier: str, expected: str) -> None:
    assert row_of(changed(multiplier=Decimal(multiplier)))["multiplier"] == expected


@one_case(
    ("zone", "day", "expected"),
    [
        ("America/Chicago", date(2026, 12, 18), datetime(2026, 12, 19, 6, tzinfo=UTC)),
        ("Asia/Tokyo", date(2026, 12, 10), datetime(2026, 12, 10, 15, tzinfo=UTC)),
        ("Europe/Berlin", date(2027, 3, 28), datetime(2027, 3, 28, 22, tzinfo=UTC)),
        ("Europe/Berlin", date(2027, 10, 31), datetime(2027, 10, 31, 23, tzinfo=UTC)),
        (None, date(2026, 12, 18), datetime(2026, 12, 19, 12, tzinfo=UTC)),
    ],
)
def test_without_a_time_it_expires_when_its_date_ends(
    zone: str | None, day: date, expected: datetime
) -> None:
    contract = changed(last_trade_at=None, time_zone=zone, last_trade_date=day)
    assert row_of(contract)["expiration_ns"] == expected.timestamp() * 10**9
    assert contract.is_expired(expected)


def test_what_is_not_known_is_empty() -> None:
    stock = dataclasses.replace(ES, underlying=None)
    exported = ExportedProduct(product=stock, facts=ProductFacts(), ladders={})
    row = instrument_row(exported, changed(listing=None))
    assert (row["exchange"], row["underlying"], row["ts_init"]) == (None, None, 0)


def test_an_older_clock_than_1970_is_none() -> None:
    ancient = datetime(1960, 1, 1, tzinfo=UTC)
    listing = ContractListing(first_seen_at=ancient, last_seen_at=NOW)
    assert row_of(changed(listing=listing))["ts_init"] == 0


@one_case(
    ("fields", "reason"),
    [
        ({"multiplier": None}, "multiplier is not known"),
        ({"min_tick": None}, "minimum tick is not known"),
        ({"min_tick": Decimal("1E-10")}, "more digits"),
        ({"multiplier": Decimal("1E+10")}, "more digits"),
        ({"last_trade_date": date(2300, 1, 1)}, "out of the range"),
        ({"last_trade_date": date(1900, 1, 1)}, "out of the range"),
        ({"exchange": "CM/E"}, "can't read the id"),
    ],
)
def test_what_can_be_no_instrument_says_why(fields: dict[str, Any], reason: str) -> None:
    assert reason in (what_is_missing(changed(**fields)) or "")


def test_only_what_lacks_something_is_left_out() -> None:
    assert what_is_missing(DECEMBER) is None
    assert what_is_missing(MARCH) is not None


def test_every_asset_class_has_one_there() -> None:
    assert set(ASSET_CLASSES) == set(AssetClass)
