"""What public records tell of contracts, through ibapi's decoder to the products they make."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pytest

from fakes.recordings import contract_of, received
from ibkr_sync.catalogue import load_catalogue
from ibkr_sync.domain.delivery.audit.fact_disagreements import fact_disagreements
from ibkr_sync.domain.entities.futures import (
    CommodityFuture,
    CryptoFuture,
    CurrencyFuture,
    Future,
    IndexFuture,
    ProductKey,
    SingleStockFuture,
    Underlying,
    VolatilityFuture,
)
from ibkr_sync.domain.naming.spellings import parse_spellings
from ibkr_sync.domain.selection.contract_choice import ContractWords, find_contract
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.product_assembly import (
    assemble_product,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.product_grouping import (
    group_by_product,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.row_merging import merge_rows
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.translation import translate_row
from one_case import one_case
from recorded_contracts import RECORDED_CONTRACTS, RecordedContract

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)

TYPES: dict[type[Future], str] = {
    IndexFuture: "ES NQ MES MNQ RTY YM MYM NKD N225 N225M N225MC TOPX MNTPX DJIA HSI MHI ESTX50",
    VolatilityFuture: "VIX",
    CommodityFuture: "GC MGC SI CL MCL COIL YW",
    CurrencyFuture: "JPY",
    CryptoFuture: "MBT",
}
"""The symbols of each type; at OneChicago, ES is a stock's."""


each_contract = one_case("recorded", RECORDED_CONTRACTS)
each_product = one_case("key", dict.fromkeys(contract.key for contract in RECORDED_CONTRACTS))


@pytest.fixture(scope="module")
def products() -> dict[ProductKey, Future]:
    """All that was recorded, as products."""
    rows = merge_rows(translate_row(received(other.row)) for other in RECORDED_CONTRACTS)
    contracts = [other.contract for other in rows if other.contract is not None]
    assert len(contracts) == len(rows)
    return {
        key: assemble_product(key, members, load_catalogue(), NOW)
        for key, members in group_by_product(contracts).items()
    }


@each_contract
def test_a_recorded_contract_is_translated_as_it_was_recorded(recorded: RecordedContract) -> None:
    contract = contract_of(received(recorded.row))
    key = (contract.symbol, contract.exchange, contract.trading_class)
    assert key == recorded.key
    assert contract.local_symbol == recorded.local_symbol
    assert contract.con_id == recorded.con_id or recorded.con_id is None
    assert contract.multiplier == recorded.multiplier
    assert contract.contract_month == recorded.contract_month
    assert recorded.last_trade in (contract.last_trade_date, None)


@each_contract
def test_the_exchange_a_contract_was_recorded_on_is_known_by_its_code_of_today(
    recorded: RecordedContract,
) -> None:
    if recorded.recorded_on is None:
        assert recorded.key.symbol == "YW"
        return
    today = load_catalogue().current_exchange(recorded.recorded_on, recorded.key.symbol)
    assert today == recorded.key.exchange


@each_contract
def test_a_recorded_contract_is_found_by_its_local_symbol_and_by_its_month(
    recorded: RecordedContract, products: dict[ProductKey, Future]
) -> None:
    chain = products[recorded.key]
    month = f"{recorded.key.trading_class} {recorded.contract_month}"
    for text in (recorded.local_symbol, recorded.local_symbol.lower(), month):
        words = parse_spellings(text)
        spelling = words.contracts[0] if words.contracts else None
        found = find_contract(chain, ContractWords(text=words.text, spelling=spelling), NOW)
        assert found.contract.local_symbol == recorded.local_symbol


def test_no_recorded_contract_is_lost_or_taken_for_one_of_another_product(
    products: dict[ProductKey, Future],
) -> None:
    assert set(products) == {contract.key for contract in RECORDED_CONTRACTS}
    assert (
        sum(len(product.contracts) for product in products.values())
        == len(RECORDED_CONTRACTS)
        == 71
    )


@each_product
def test_a_recorded_product_is_of_the_type_of_what_it_is_on(
    key: ProductKey, products: dict[ProductKey, Future]
) -> None:
    named = {symbol: kind for kind, symbols in TYPES.items() for symbol in symbols.split()}
    expected = SingleStockFuture if key.exchange == "ONE" else named[key.symbol]
    assert type(products[key]) is expected


@each_product
def test_the_catalogue_knows_a_recorded_product_as_it_was_recorded(
    key: ProductKey, products: dict[ProductKey, Future]
) -> None:
    row = load_catalogue().row_of(key)
    assert row is not None
    assert list(fact_disagreements(products[key], row, datetime(2026, 12, 1, tzinfo=UTC))) == []


@one_case(
    ("key", "con_id", "expected"),
    [
        (("ES", "CME", "ES"), 11004968, IndexFuture),
        (("MES", "CME", "MES"), 362673777, IndexFuture),
        (("CL", "NYMEX", "CL"), 17340715, CommodityFuture),
        (("GC", "COMEX", "GC"), 17340718, CommodityFuture),
        (("YK", "CBOT", "XK"), 13393285, CommodityFuture),
    ],
)
def test_ibkr_says_index_of_commodities_too_and_the_catalogue_knows_better(
    key: tuple[str, str, str], con_id: int, expected: type[Future]
) -> None:
    symbol, exchange, trading_class = key
    row = dataclasses.replace(
        RECORDED_CONTRACTS[0].row,
        symbol=symbol,
        exchange=exchange,
        trading_class=trading_class,
        under_con_id=str(con_id),
        under_symbol=symbol,
        under_sec_type="IND",
    )
    product = assemble_product(
        ProductKey(*key), (contract_of(received(row)),), load_catalogue(), NOW
    )
    assert type(product) is expected
    assert product.underlying == Underlying(symbol=symbol, sec_type="IND", con_id=con_id)
