"""Monthly, weekly and daily contracts of one product."""

from __future__ import annotations

import dataclasses
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from example_products import DECEMBER
from ibkr_sync.domain.entities.contracts import ContractSeries, FuturesContract
from ibkr_sync.domain.entities.futures import ProductKey
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.product_grouping import (
    group_by_product,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.series import (
    class_of_series_product,
    series_of,
)
from one_case import one_case
from strategies import codes, contracts

MONTHLY, WEEKLY, DAILY = ContractSeries


def contract(
    con_id: int,
    key: tuple[str, str, str],
    local_symbol: str,
    day: str = "2026-12-16",
    **fields: object,
) -> FuturesContract:
    symbol, exchange, trading_class = key
    return dataclasses.replace(
        DECEMBER,
        con_id=con_id,
        symbol=symbol,
        exchange=exchange,
        trading_class=trading_class,
        local_symbol=local_symbol,
        last_trade_date=date.fromisoformat(day),
        **fields,  # type: ignore[arg-type]
    )


def series_by_id(
    *rows: FuturesContract,
) -> dict[tuple[str, str, str], dict[int, ContractSeries]]:
    return {
        (key.symbol, key.exchange, key.trading_class): {
            member.con_id: member.series for member in members
        }
        for key, members in group_by_product(rows).items()
    }


@one_case(
    ("product", "weekly_class", "local_symbols"),
    [
        (("VIX", "CFE", "VX"), "VX48", ("VXZ6", "VX48Z6")),
        (("NG", "NYMEX", "NG"), "HHW", ("NGZ6", "HHWX261")),
    ],
)
def test_a_weekly_class_belongs_to_its_product(
    product: tuple[str, str, str], weekly_class: str, local_symbols: tuple[str, str]
) -> None:
    symbol, exchange, _ = product
    monthly = contract(1, product, local_symbols[0])
    weekly = contract(2, (symbol, exchange, weekly_class), local_symbols[1])
    assert series_by_id(monthly, weekly) == {product: {1: MONTHLY, 2: WEEKLY}}


def test_a_weekly_contract_under_the_class_of_its_product_is_weekly() -> None:
    gas = ("NG", "NYMEX", "NG")
    rows = (contract(1, gas, "NGZ6"), contract(2, gas, "HHWX261"))
    assert series_by_id(*rows) == {gas: {1: MONTHLY, 2: WEEKLY}}


def test_a_class_of_another_size_is_another_product() -> None:
    gas, other = ("NG", "NYMEX", "NG"), ("NG", "NYMEX", "HHW")
    rows = (contract(1, gas, "NGZ6"), contract(2, other, "HHWX261", multiplier=Decimal(2500)))
    assert set(series_by_id(*rows)) == {gas, other}


def test_a_weekly_class_without_its_product_stands_alone() -> None:
    key = ("VIX", "CFE", "VX48")
    assert series_by_id(contract(1, key, "VX48X6")) == {key: {1: MONTHLY}}


@one_case(("name", "base"), [*((f"VX{week:02d}", "VX") for week in range(1, 54)), ("HHW", None)])
def test_a_class_that_ends_in_a_week_may_belong_to_another(name: str, base: str | None) -> None:
    assert class_of_series_product(ProductKey("VIX", "CFE", name)) == base


@one_case("name", ["VX00", "VX54", "VX", "48", "VX4"])
def test_a_class_that_ends_in_no_week_is_its_own(name: str) -> None:
    assert class_of_series_product(ProductKey("VIX", "CFE", name)) is None


@one_case("symbol", ["MXWO", "M1MS"])
@one_case(
    ("local_symbol", "series"),
    [
        ("FMWP 20261218 M", MONTHLY),
        ("FMWP 20261201 D", DAILY),
        ("FMWP 20261204 W", WEEKLY),
        ("FMEA 20261218 M", MONTHLY),
        ("FMEA 20261201 D", DAILY),
        ("FGBL 20251208 M", MONTHLY),
        ("SCOI 20251219 M", MONTHLY),
    ],
)
def test_at_eurex_the_last_letter_says_the_series(
    symbol: str, local_symbol: str, series: ContractSeries
) -> None:
    assert series_of(contract(1, (symbol, "EUREX", local_symbol[:4]), local_symbol)) is series


@one_case(
    ("day", "series"),
    [
        ("2026-12-16", MONTHLY),
        ("2026-07-15", MONTHLY),
        ("2026-10-21", MONTHLY),
        ("2026-12-09", DAILY),
        ("2026-12-23", DAILY),
        ("2026-12-17", DAILY),
        ("2024-02-21", MONTHLY),
    ],
)
def test_at_the_lme_the_third_wednesday_is_monthly(day: str, series: ContractSeries) -> None:
    for metal in ("AH", "CA", "PB", "NI", "SNLME", "ZSLME"):
        prompt = contract(1, (metal, "LMEOTC", metal), f"{metal}_{day.replace('-', '')}", day)
        assert series_of(prompt) is series


@one_case("local_symbol", ["ESZ6", "YM   DEC 20", "169120018", "SXAZ26", "INFY26NOVFUT", "HHWX261"])
def test_any_other_contract_is_monthly(local_symbol: str) -> None:
    assert series_of(contract(1, ("X", "Y", "X"), local_symbol)) is MONTHLY


@given(st.lists(contracts, max_size=6, unique_by=lambda item: item.con_id), codes)
def test_no_contract_is_lost_when_products_are_distinguished(
    rows: list[FuturesContract], symbol: str
) -> None:
    same = [dataclasses.replace(row, symbol=symbol) for row in rows]
    products = group_by_product(same)
    found = sorted(member.con_id for members in products.values() for member in members)
    assert found == sorted(contract.con_id for contract in same)
