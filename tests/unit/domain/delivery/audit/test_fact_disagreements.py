"""Where IBKR's reply and the catalogue differ."""

from __future__ import annotations

import dataclasses
from datetime import date
from decimal import Decimal

from example_products import DECEMBER, ES, MARCH, NOW
from fakes.catalogue import a_product
from ibkr_sync.catalogue import Catalogue, load_catalogue
from ibkr_sync.domain.delivery.audit.disagreements import Disagreement
from ibkr_sync.domain.delivery.audit.fact_disagreements import fact_disagreements
from ibkr_sync.domain.entities.futures import OF_CONTRACTS, Future, SingleStockFuture, Underlying
from ibkr_sync.infrastructure.calendars import HolidayCalendar
from ibkr_sync.infrastructure.replay.sample import sample_recording
from one_case import one_case


def message(**changes: object) -> Future:
    of_contracts = {name: changes.pop(name) for name in OF_CONTRACTS if name in changes}
    chain = (dataclasses.replace(contract, **of_contracts) for contract in ES.contracts)  # type: ignore[arg-type]  # as the caller says
    return dataclasses.replace(ES, contracts=tuple(chain), **changes)  # type: ignore[arg-type]  # as above


def disagreements(future: Future, catalogue: Catalogue) -> tuple[Disagreement, ...]:
    row = catalogue.row_of(future.key)
    return () if row is None else tuple(fact_disagreements(future, row, NOW))


def sentences(future: Future, catalogue: Catalogue) -> list[str]:
    return [
        f"{found.field} {found.value}, {found.other_source} {found.other}"
        for found in disagreements(future, catalogue)
        if found.contract is None
    ]


@one_case(
    ("field", "value", "sentence"),
    [
        ("multiplier", Decimal(10), "multiplier 10, the catalogue 50"),
        ("multiplier", Decimal("0.10"), "multiplier 0.1, the catalogue 50"),
        ("price_magnifier", 100, "price_magnifier 100, the catalogue 1"),
        ("currency", "EUR", "currency EUR, the catalogue USD"),
        (
            "underlying",
            Underlying(symbol="ES", sec_type="STK"),
            "underlying STK, the catalogue index",
        ),
    ],
)
def test_each_field_that_differs_is_reported_with_both_values(
    field: str, value: object, sentence: str
) -> None:
    assert sentences(message(**{field: value}), load_catalogue()) == [sentence]


def test_a_contract_that_differs_from_catalogue_and_product_is_named() -> None:
    odd = dataclasses.replace(DECEMBER, min_tick=Decimal("0.5"), price_magnifier=100)
    usual = dataclasses.replace(MARCH, min_tick=Decimal("0.25"), price_magnifier=1)
    found = disagreements(dataclasses.replace(ES, contracts=(odd, usual)), load_catalogue())
    assert [
        (disagreement.contract, disagreement.field, disagreement.value, disagreement.other)
        for disagreement in found
    ] == [
        (odd, "price_magnifier", "100", "1"),
        (odd, "min_tick", "0.5", "0.25"),
    ]


def test_the_symbol_of_a_class_is_compared_too() -> None:
    row = a_product(symbol="SPX", trading_class="ES", exchange="CME")
    (found,) = (
        disagreement
        for disagreement in fact_disagreements(ES, row, NOW)
        if disagreement.field == "symbol"
    )
    assert (found.value, found.other) == ("ES", "SPX")


def test_equal_numbers_written_differently_agree() -> None:
    assert disagreements(message(multiplier=Decimal("50.00")), load_catalogue()) == ()


@one_case("field", ["multiplier", "price_magnifier", "underlying"])
def test_what_ibkr_leaves_out_is_no_disagreement(field: str) -> None:
    assert disagreements(message(**{field: None}), load_catalogue()) == ()


def test_what_the_catalogue_does_not_know_is_no_disagreement() -> None:
    row = a_product(symbol="ES", trading_class="ES", multiplier=None, price_magnifier=None)
    assert disagreements(message(multiplier=Decimal(7), price_magnifier=3), Catalogue([row])) == ()
    assert disagreements(ES, Catalogue([])) == ()


def test_an_index_where_the_catalogue_has_a_stock_is_reported() -> None:
    row = a_product(symbol="ES", trading_class="ES", category="single_stock")
    assert sentences(ES, Catalogue([row])) == ["underlying IND, the catalogue STK"]


def test_ibkrs_ind_for_a_commodity_is_no_disagreement() -> None:
    row = a_product(symbol="ES", trading_class="ES", category="energy")
    assert disagreements(ES, Catalogue([row])) == ()


def test_a_stock_on_both_sides_agrees() -> None:
    row = a_product(symbol="IBE", trading_class="IBE", category="single_stock")
    future = SingleStockFuture(
        symbol="IBE",
        exchange="CME",
        trading_class="IBE",
        currency="USD",
        underlying=Underlying(symbol="IBE", sec_type="STK"),
    )
    assert disagreements(future, Catalogue([row])) == ()


def test_another_size_is_no_disagreement() -> None:
    assert (
        disagreements(message(trading_class="ESX", multiplier=Decimal(1)), load_catalogue()) == ()
    )


def test_the_built_in_sample_and_the_catalogue_agree() -> None:
    by_product: dict[tuple[str, str, str], Future] = {}
    for row in sample_recording(date(2026, 11, 23), HolidayCalendar()).contracts:
        key = (row.symbol, row.exchange, row.trading_class)
        by_product[key] = Future(
            symbol=row.symbol,
            exchange=row.exchange,
            trading_class=row.trading_class,
            currency=row.currency,
            multiplier=Decimal(row.multiplier) if row.multiplier else None,
            price_magnifier=int(row.price_magnifier),
            underlying=Underlying(symbol=row.under_symbol, sec_type=row.under_sec_type),
        )
    differences = {key: sentences(value, load_catalogue()) for key, value in by_product.items()}
    assert {key: texts for key, texts in differences.items() if texts} == {}
