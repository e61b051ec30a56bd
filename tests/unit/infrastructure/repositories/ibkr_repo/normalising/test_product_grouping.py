"""From the rows of a reply to products: routes, strangers, sizes."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from example_products import DECEMBER, MARCH
from fakes.translated_rows import row_of
from ibkr_sync.domain.entities.contracts import (
    ContractSeries,
    FuturesContract,
)
from ibkr_sync.domain.errors import InvalidReplyError
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_request import ContractRequest
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.product_grouping import (
    group_by_product,
    in_own_currency,
    in_several_currencies,
    refuse_foreign_products,
    refuse_mixed_currencies,
)
from one_case import one_case

AT = datetime(2026, 11, 23, tzinfo=UTC)


def on(exchange: str, contract: FuturesContract = DECEMBER) -> FuturesContract:
    return dataclasses.replace(contract, exchange=exchange)


def of_class(con_id: int, trading_class: str, multiplier: int, **fields: object) -> FuturesContract:
    return dataclasses.replace(
        DECEMBER,
        con_id=con_id,
        trading_class=trading_class,
        multiplier=Decimal(multiplier),
        **fields,  # type: ignore[arg-type]
    )


@one_case("exchange", ["", "CME", "QBALGO"])
def test_rows_that_were_asked_for_pass(exchange: str) -> None:
    rows = [row_of(DECEMBER), row_of(on("QBALGO")), row_of(on("QBALGO"), exchange=None)]
    unplaced = row_of(MARCH, exchange=None)  # nor does it list any exchange
    refuse_foreign_products(ContractRequest(symbol="ES", exchange=exchange), [*rows, unplaced])
    refuse_foreign_products(ContractRequest(con_id=DECEMBER.con_id), rows)


@one_case(
    ("request_", "field"),
    [
        (ContractRequest(symbol="NQ"), "symbol"),
        (ContractRequest(symbol="es"), "symbol"),
        (ContractRequest(symbol="ES", exchange="CBOT"), "exchange"),
        (ContractRequest(con_id=MARCH.con_id), "con_id"),
        (ContractRequest(local_symbol="ESH7"), "local_symbol"),
    ],
)
def test_a_row_that_was_not_asked_for_is_refused(request_: ContractRequest, field: str) -> None:
    with pytest.raises(InvalidReplyError) as caught:
        refuse_foreign_products(request_, [row_of(DECEMBER)])
    assert caught.value.field == field
    assert caught.value.contract == "ESZ6"


SIZE = ("multiplier", "price_magnifier")


@pytest.mark.parametrize("unstated", [["multiplier"], ["price_magnifier"], [*SIZE]])
@pytest.mark.parametrize("is_weekly", [True, False])
def test_a_weekly_class_that_states_no_size_stays_with_its_product(
    unstated: list[str], is_weekly: bool
) -> None:
    product, weekly = of_class(1, "VX", 1000), of_class(2, "VX48", 1000)
    silent = dict.fromkeys(unstated)
    if is_weekly:
        weekly = dataclasses.replace(weekly, **silent)  # type: ignore[arg-type]
    else:
        product = dataclasses.replace(product, **silent)  # type: ignore[arg-type]
    ((key, members),) = group_by_product([product, weekly]).items()
    assert (key.trading_class, len(members)) == ("VX", 2)
    assert members[1].series is ContractSeries.WEEKLY
    other = dataclasses.replace(weekly, currency="EUR")
    assert len(group_by_product([product, other])) == 2


@one_case(
    ("symbol", "exchange", "sizes"),
    [
        ("DAX", "EUREX", {"FDAX": "25", "FDXM": "5", "FDXS": "1"}),
        ("ESTX50", "EUREX", {"FESX": "10", "FSXE": "1"}),
        ("SI", "COMEX", {"SI": "5000", "SIL": "1000"}),
        ("EOE", "FTA", {"FTI": "200", "MFA": "20"}),
        ("FTMIB", "IDEM", {"FTMIB": "5", "MINI": "1", "MICRO": "0.2"}),
        ("NIY", "CME", {"NIY": "500", "ENY": "100"}),
    ],
)
def test_products_of_one_symbol_are_distinguished_by_their_class(
    symbol: str, exchange: str, sizes: dict[str, str]
) -> None:
    """A class that begins like another (`SIL`) is not its series."""
    rows = [
        dataclasses.replace(
            DECEMBER,
            con_id=con_id,
            symbol=symbol,
            exchange=exchange,
            trading_class=trading_class,
            multiplier=Decimal(size),
        )
        for con_id, (trading_class, size) in enumerate(sizes.items(), 1)
    ]
    groups = group_by_product(rows)
    assert {key.trading_class: members[0].multiplier for key, members in groups.items()} == {
        trading_class: Decimal(size) for trading_class, size in sizes.items()
    }


def test_products_of_one_symbol_are_distinguished_by_their_exchange() -> None:
    namesakes = [DECEMBER, on("ONE", of_class(9, "ES", 100)), on("ONE", of_class(8, "ES1D", 100))]
    assert [tuple(key) for key in group_by_product(namesakes)] == [
        ("ES", "CME", "ES"),
        ("ES", "ONE", "ES"),
        ("ES", "ONE", "ES1D"),
    ]


def test_contracts_of_one_class_in_several_sizes_are_one_product() -> None:
    """A multiplier may differ by month, so it doesn't make a product."""
    groups = group_by_product([of_class(1, "EOE", 200), of_class(2, "EOE", 20)])
    assert [len(members) for members in groups.values()] == [2]


@one_case(
    "weekly",
    [
        pytest.param(of_class(2, "VX48", 100), id="another size"),
        pytest.param(of_class(2, "VX48", 1000, price_magnifier=100), id="another magnifier"),
        pytest.param(of_class(2, "VX48", 1000, currency="EUR"), id="another currency"),
        pytest.param(of_class(2, "VX00", 1000), id="week 0"),
        pytest.param(of_class(2, "VX54", 1000), id="week 54"),
        pytest.param(of_class(2, "VY48", 1000), id="another class"),
        pytest.param(of_class(2, "VX48", 1000, exchange="CBOT"), id="another exchange"),
    ],
)
def test_what_only_looks_like_a_weekly_series_is_a_product_of_its_own(
    weekly: FuturesContract,
) -> None:
    groups = group_by_product([of_class(1, "VX", 1000), weekly])
    assert {key.trading_class for key in groups} == {"VX", weekly.trading_class}


def test_a_weekly_series_without_its_product_is_a_product_of_its_own() -> None:
    (key,) = group_by_product([of_class(2, "VX48", 1000)])
    assert key.trading_class == "VX48"


def test_a_chain_is_in_order_of_last_trade_date() -> None:
    ((_, members),) = group_by_product([MARCH, DECEMBER]).items()
    assert members == (DECEMBER, MARCH)


EUR = dataclasses.replace(MARCH, currency="EUR")
JUNE = dataclasses.replace(MARCH, con_id=600000003, local_symbol="ESM7")


@one_case(
    ("chain", "stored", "currency", "left_out"),
    [
        ([DECEMBER, JUNE, EUR], [], "USD", [MARCH.con_id]),
        ([DECEMBER, JUNE, EUR], [DECEMBER, JUNE, MARCH], "USD", []),
        ([DECEMBER, EUR], [DECEMBER], "USD", [MARCH.con_id]),
        ([DECEMBER, EUR], [MARCH], "USD", []),  # what was USD is odd, and kept
        ([DECEMBER, JUNE, EUR], [EUR], "EUR", [DECEMBER.con_id, JUNE.con_id]),
    ],
)
def test_rows_in_another_currency_than_their_product_are_odd(
    chain: list[FuturesContract],
    stored: list[FuturesContract],
    currency: str,
    left_out: list[int],
) -> None:
    known = {other.con_id: other for other in stored}
    for order in (chain, chain[::-1]):
        rows = in_own_currency([row_of(other) for other in order], known)
        contracts = [other.contract for other in rows if other.contract is not None]
        assert {other.currency for other in contracts} == {currency}
        assert sorted(other.con_id for other in rows if other.contract is None) == left_out
        odd = {other.con_id for other in chain if other.currency != currency}
        assert {other.con_id for other in rows if other.remarks} == odd
        assert all(other.remarks == other.contract.remarks for other in rows if other.contract)
        for row in rows:
            assert [remark.field for remark in row.remarks] == ["currency"] * (row.con_id in odd)


def test_classes_and_exchanges_have_a_currency_each() -> None:
    others = [of_class(7, "ESX", 50, currency="EUR"), on("ONE", EUR)]
    rows = [row_of(contract) for contract in (DECEMBER, JUNE, *others)]
    assert in_several_currencies(rows) == set()
    assert in_own_currency(rows, {}) == tuple(rows)


def test_of_equal_halves_in_two_currencies_neither_is_the_product() -> None:
    rows = [row_of(DECEMBER), row_of(EUR)]
    assert in_several_currencies(rows) == {DECEMBER.con_id, EUR.con_id}
    assert in_own_currency(rows, {}) == tuple(rows)
    refuse_mixed_currencies([DECEMBER, MARCH])
    with pytest.raises(InvalidReplyError) as caught:
        refuse_mixed_currencies([DECEMBER, EUR])
    assert (caught.value.field, caught.value.value) == ("currency", "EUR")
