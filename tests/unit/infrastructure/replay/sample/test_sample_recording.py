"""The sample as a whole: rows as TWS sends them, unmistakably unreal, the same every day."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ibkr_sync.domain.entities.futures import SAMPLE_MARKER, AssetClass
from ibkr_sync.infrastructure.calendars import HolidayCalendar
from ibkr_sync.infrastructure.replay.rows import ContractRow
from ibkr_sync.infrastructure.replay.sample import sample_recording
from ibkr_sync.infrastructure.replay.sample.products import sample_products

TODAY = date(2026, 11, 23)
CALENDAR = HolidayCalendar()
days = st.dates(date(2020, 1, 1), date(2035, 12, 31))

EXAMPLES_OF_EACH_TYPE = {
    AssetClass.INDEX: ["ES@CME", "DAX@EUREX", "Z@ICEEU", "HSI@HKFE", "IXE@CME", "SX7E@EUREX"],
    AssetClass.COMMODITY: ["CL@NYMEX", "GC@COMEX", "ZC@CBOT", "SB@NYBOT", "LE@CME", "COIL@IPE"],
    AssetClass.INTEREST_RATE: ["ZN@CBOT", "GBL@EUREX", "SOFR3@CME", "EU3@EUREX"],
    AssetClass.CURRENCY: ["EUR@CME", "JPY@CME", "6M@CME"],
    AssetClass.CRYPTO: ["BRR@CME", "MBT@CME", "ETHUSDRR@CME"],
    AssetClass.VOLATILITY: ["VIX@CFE", "V2TX@EUREX"],
    AssetClass.SINGLE_STOCK: ["DTE@EUREX", "ITX@MEFFRV", "INFY@NSE"],
}


@pytest.fixture(scope="module")
def rows() -> tuple[ContractRow, ...]:
    return sample_recording(TODAY, CALENDAR).contracts


def row_of(rows: tuple[ContractRow, ...], local_symbol: str, contract_month: str) -> ContractRow:
    (row,) = (
        row
        for row in rows
        if (row.local_symbol, row.contract_month) == (local_symbol, contract_month)
    )
    return row


def test_the_sample_marks_itself(rows: tuple[ContractRow, ...]) -> None:
    assert sample_recording(TODAY, CALENDAR).sample
    assert SAMPLE_MARKER == " [sample]"
    assert {row.long_name[-len(SAMPLE_MARKER) :] for row in rows} == {SAMPLE_MARKER}
    assert all(row.long_name.removesuffix(SAMPLE_MARKER).strip() for row in rows)


def test_every_asset_class_has_its_products(rows: tuple[ContractRow, ...]) -> None:
    present = {f"{row.symbol}@{row.exchange}" for row in rows}
    assert set(EXAMPLES_OF_EACH_TYPE) == set(AssetClass) - {AssetClass.UNCLASSIFIED}
    for products in EXAMPLES_OF_EACH_TYPE.values():
        assert set(products) <= present
    assert len(present) >= 36


def test_the_row_of_es_equals_the_recorded_one_but_for_ids_and_name() -> None:
    row = row_of(sample_recording(date(2025, 5, 22), CALENDAR).contracts, "ESM5", "202506")
    assert (row.symbol, row.sec_type, row.exchange, row.currency) == ("ES", "FUT", "CME", "USD")
    assert row.last_trade_date_or_contract_month == "20250620 08:30:00 US/Central"
    assert (row.last_trade_date, row.real_expiration_date) == ("20250620", "20250620")
    assert (row.market_name, row.trading_class, row.multiplier) == ("ES", "ES", "50")
    assert (row.min_tick, row.price_magnifier) == ("0.25", "1")
    assert (row.valid_exchanges, row.market_rule_ids) == ("CME,QBALGO", "67,67")
    assert (row.under_symbol, row.under_sec_type) == ("ES", "IND")
    assert (row.primary_exchange, row.industry, row.category, row.subcategory) == ("",) * 4
    assert (row.time_zone_id, row.agg_group) == ("US/Central", "2147483647")
    assert row.trading_hours.startswith("20250521:1700-20250522:1600;20250522:1700-")
    assert row.order_types.startswith("ACTIVETIM,")


@pytest.mark.parametrize(
    ("local_symbol", "contract_month", "last_trade"),
    [
        ("ESZ6", "202612", "20261218 08:30:00 US/Central"),
        ("CLF7", "202701", "20261221 14:30:00 US/Eastern"),
        ("ZCZ6", "202612", "20261214 12:01:00 US/Central"),
        ("SR3U6", "202609", "20261215 16:00:00 US/Central"),
        ("VXZ6", "202612", "20261216 08:00:00 US/Central"),
        ("VX48X6", "202611", "20261124 08:00:00 US/Central"),
        ("FGBL 20261208 M", "202612", "20261208 12:30:00 MET"),
        ("FDXM 20261218 M", "202612", "20261218 13:00:00 MET"),
        ("ZZ6", "202612", "20261218 10:15:00 GB-Eire"),
        ("COILF7", "202701", "20261130 19:30:00 GB-Eire"),
        ("161120018", "202612", "20261210 15:45:00 Japan"),
        ("HSIX6", "202611", "20261127 16:00:00 Hongkong"),
        ("APZ6", "202612", "20261217 12:00:00 Australia/NSW"),
        ("CNX6", "202611", "20261127 16:35:00 Singapore"),
        ("KMZ6", "202612", "20261210 15:20:00 Japan"),
        ("NIFTY26NOVFUT", "202611", "20261123 15:30:00 Asia/Calcutta"),
        ("M3FITXZ6P", "202612", "20261218 17:35:00 MET"),
        ("BTCX6", "202611", "20261127 10:00:00 US/Central"),
        ("BTCH7", "202703", "20270325 11:00:00 US/Central"),
    ],
)
def test_contracts_are_named_and_dated_in_the_form_of_their_exchange(
    rows: tuple[ContractRow, ...], local_symbol: str, contract_month: str, last_trade: str
) -> None:
    row = row_of(rows, local_symbol, contract_month)
    assert row.last_trade_date_or_contract_month == last_trade
    assert row.time_zone_id == last_trade.rsplit(maxsplit=1)[-1]


def test_osaka_codes_count_years_from_2015_as_in_recorded_ones() -> None:
    expired = sample_recording(date(2025, 1, 6), CALENDAR).contracts
    assert row_of(expired, "169120018", "202412").last_trade_date == "20241212"
    assert row_of(expired, "169120019", "202412").symbol == "N225M"


def test_prices_in_cents_have_ticks_in_dollars(rows: tuple[ContractRow, ...]) -> None:
    corn = row_of(rows, "ZCZ6", "202612")
    assert (corn.multiplier, corn.price_magnifier, corn.min_tick) == ("5000", "100", "0.0025")
    assert Decimal(corn.min_tick) * Decimal(corn.multiplier) == Decimal("12.5")


def test_products_of_several_sizes_share_symbol_and_underlying(
    rows: tuple[ContractRow, ...],
) -> None:
    dax = {
        (row.trading_class, row.multiplier, row.under_con_id) for row in rows if row.symbol == "DAX"
    }
    assert {size[:2] for size in dax} == {("FDAX", "25"), ("FDXM", "5"), ("FDXS", "1")}
    assert len({size[2] for size in dax}) == 1
    silver = {(row.trading_class, row.multiplier) for row in rows if row.symbol == "SI"}
    assert silver == {("SI", "5000"), ("SIL", "1000")}


def test_weekly_expiries_have_a_class_of_their_own(rows: tuple[ContractRow, ...]) -> None:
    weekly = row_of(rows, "VX48X6", "202611")
    assert (weekly.symbol, weekly.trading_class, weekly.market_name) == ("VIX", "VX48", "VX48")


def test_only_stock_futures_have_a_stock_as_underlying(rows: tuple[ContractRow, ...]) -> None:
    on_stocks = {f"{row.symbol}@{row.exchange}" for row in rows if row.under_sec_type == "STK"}
    assert on_stocks == {"DTE@EUREX", "TTE@EUREX", "ITX@MEFFRV", "INFY@NSE"}
    assert {row.under_sec_type for row in rows} == {"IND", "STK"}


def test_expired_contracts_have_neither_zone_nor_hours(rows: tuple[ContractRow, ...]) -> None:
    expired = [row for row in rows if row.last_trade_date < f"{TODAY:%Y%m%d}"]
    listed = [row for row in rows if row.last_trade_date >= f"{TODAY:%Y%m%d}"]
    assert len(expired) > 800
    for row in expired:
        assert (row.time_zone_id, row.trading_hours, row.liquid_hours) == ("", "", "")
        assert (row.order_types, row.last_trade_date_or_contract_month) == (
            "LTH",
            row.last_trade_date,
        )
    assert all(row.time_zone_id and row.trading_hours and row.liquid_hours for row in listed)


def test_rows_arrive_in_no_order(rows: tuple[ContractRow, ...]) -> None:
    dates = [row.last_trade_date for row in rows if row.symbol == "CL"]
    assert dates != sorted(dates)


def test_each_venue_has_a_market_rule_that_the_sample_knows() -> None:
    recording = sample_recording(TODAY, CALENDAR)
    ladders = {rule.market_rule_id: rule.increments for rule in recording.market_rules}
    for row in recording.contracts:
        rules = row.market_rule_ids.split(",")
        assert len(rules) == len(row.valid_exchanges.split(","))
        assert {ladders[rule][0][1] for rule in rules} == {row.min_tick}
    assert ladders["67"] == (("0", "0.25"),)
    assert ladders["32"] == (("0", "0.01"),)


def test_products_with_one_market_rule_agree_on_its_ladder() -> None:
    ladders = {(product.market_rule, product.increments) for product in sample_products()}
    assert [rule for rule, n in Counter(rule for rule, _ in ladders).items() if n > 1] == []


def test_ladders_rise_from_the_lowest_edge() -> None:
    for rule in sample_recording(TODAY, CALENDAR).market_rules:
        edges = [Decimal(low_edge) for low_edge, _ in rule.increments]
        assert edges == sorted(set(edges))
        assert all(Decimal(increment) > 0 for _, increment in rule.increments)


@settings(max_examples=settings().max_examples // 4)
@given(days, st.integers(1, 1200))
def test_a_con_id_means_the_same_contract_on_every_day_and_none_of_ibkr(
    today: date, later: int
) -> None:
    def rows_on(day: date) -> tuple[ContractRow, ...]:
        rows = sample_recording(day, CALENDAR).contracts
        con_ids = {int(row.con_id) for row in rows}
        underlyings = {int(row.under_con_id) for row in rows}
        assert len(con_ids) == len(rows)
        assert con_ids.isdisjoint(underlyings)
        assert all(2_000_000_000 <= con_id < 2**31 - 1 for con_id in con_ids | underlyings)
        return rows

    def identities(day: date) -> dict[str, tuple[str, ...]]:
        return {
            row.con_id: (
                row.symbol, row.exchange, row.trading_class, row.local_symbol, row.contract_month,
                row.last_trade_date, row.multiplier, row.under_con_id,
            )
            for row in rows_on(day)
        }  # fmt: skip

    first, second = identities(today), identities(today + timedelta(days=later))
    shared = first.keys() & second.keys()
    assert shared
    assert {con_id: first[con_id] for con_id in shared} == {
        con_id: second[con_id] for con_id in shared
    }
    contracts = {identity: con_id for con_id, identity in first.items()}
    assert all(contracts.get(identity, con_id) == con_id for con_id, identity in second.items())


def test_the_same_day_gives_the_same_recording() -> None:
    assert sample_recording(TODAY, HolidayCalendar()) == sample_recording(TODAY, CALENDAR)
