"""From contracts that belong together to their product."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime
from decimal import Decimal

from example_products import DECEMBER, MARCH
from ibkr_sync.catalogue import load_catalogue
from ibkr_sync.domain.entities.futures import (
    SAMPLE_MARKER,
    CommodityFuture,
    Future,
    IndexFuture,
    Origin,
    ProductKey,
    SingleStockFuture,
    UnclassifiedFuture,
    Underlying,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.product_assembly import (
    assemble_product,
    describing_contract,
)
from one_case import one_case

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
ES_KEY = ProductKey("ES", "CME", "ES")

NEAR = dataclasses.replace(
    DECEMBER,
    long_name="E-mini S&P 500",
    time_zone="America/Chicago",
    underlying_symbol="ES",
    underlying_sec_type="IND",
    underlying_con_id=11004968,
)
FAR = dataclasses.replace(MARCH, multiplier=Decimal(5), currency="USD")
EXPIRED = dataclasses.replace(
    MARCH, con_id=1, last_trade_date=date(2026, 9, 18), multiplier=Decimal(1)
)


def assembled(*chain: object, key: ProductKey = ES_KEY) -> Future:
    return assemble_product(key, chain, load_catalogue(), AT)  # type: ignore[arg-type]


def test_the_nearest_contract_describes_its_product_but_for_what_varies_by_month() -> None:
    product = assembled(EXPIRED, NEAR, FAR)
    assert product == IndexFuture(
        symbol="ES",
        exchange="CME",
        trading_class="ES",
        currency="USD",
        name="E-mini S&P 500",
        category="index",
        underlying=Underlying(symbol="ES", sec_type="IND", con_id=11004968),
        time_zone="America/Chicago",
        origin=Origin.IBKR,
        contracts=(EXPIRED, NEAR, FAR),
        synced_at=AT,
    )
    assert (product.multiplier, product.min_tick) == (None, Decimal("0.25"))


@one_case("name", ["time_zone", "long_name"])
def test_what_the_nearest_contract_leaves_out_others_state(name: str) -> None:
    silent = dataclasses.replace(NEAR, **{name: None})  # type: ignore[arg-type]
    far = dataclasses.replace(FAR, time_zone="Europe/Berlin", long_name="Another")
    ended = dataclasses.replace(EXPIRED, time_zone="Asia/Tokyo", long_name="Old")
    of_product = {"time_zone": "time_zone", "long_name": "name"}[name]
    assert getattr(assembled(ended, silent, far), of_product) == getattr(far, name)
    assert getattr(assembled(ended, silent, FAR), of_product) == getattr(ended, name)
    assert getattr(assembled(ended, NEAR, far), of_product) == getattr(NEAR, name)


def test_the_nearest_contract_is_the_next_to_expire_of_those_that_trade() -> None:
    assert describing_contract((FAR, EXPIRED, NEAR), AT) is NEAR


def test_of_contracts_that_have_all_expired_the_last_is_the_nearest() -> None:
    long_ago = dataclasses.replace(EXPIRED, con_id=2, last_trade_date=date(2020, 3, 20))
    assert describing_contract((EXPIRED, long_ago), AT) is EXPIRED


@one_case(
    ("key", "underlying", "expected", "category"),
    [
        (("CL", "NYMEX", "CL"), "IND", CommodityFuture, "energy"),  # IBKR's word for crude oil
        (("ES", "CME", "ES"), "STK", SingleStockFuture, "single_stock"),
        (("NOSUCH", "CME", "NOSUCH"), "IND", UnclassifiedFuture, None),
        (("NOSUCH", "CME", "NOSUCH"), "STK", SingleStockFuture, "single_stock"),
        (("NOSUCH", "CME", "NOSUCH"), None, UnclassifiedFuture, None),
    ],
)
def test_the_catalogue_says_the_asset_class_except_of_stock_futures(
    key: tuple[str, str, str],
    underlying: str | None,
    expected: type[Future],
    category: str | None,
) -> None:
    symbol, exchange, trading_class = key
    contract = dataclasses.replace(
        NEAR,
        symbol=symbol,
        exchange=exchange,
        trading_class=trading_class,
        underlying_sec_type=underlying,
    )
    product = assembled(contract, key=ProductKey(*key))
    assert (type(product), product.category) == (expected, category)


def test_a_product_of_sample_rows_says_so_once_and_not_in_its_name() -> None:
    sample = dataclasses.replace(NEAR, long_name="E-mini S&P 500" + SAMPLE_MARKER)
    assert assembled(sample, FAR).origin is Origin.SAMPLE
    assert assembled(sample, FAR).name == "E-mini S&P 500"
    assert assembled(NEAR, dataclasses.replace(sample, con_id=5)).origin is Origin.SAMPLE


def test_without_an_underlying_symbol_there_is_no_underlying() -> None:
    assert assembled(dataclasses.replace(NEAR, underlying_symbol=None)).underlying is None
