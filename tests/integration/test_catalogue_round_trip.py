"""Products of the catalogue go from a gateway into a database and back.

Of those that differ in name and numbers only, `make test` sends one, and `make faults` all.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from contracts.future_port import query_for
from example_products import everything
from fakes.catalogue_recording import ZONE_IDS, products_of
from fakes.gateway_rig import NOW
from ibkr_sync.catalogue import load_catalogue
from ibkr_sync.domain.entities.catalogue import CatalogueProduct
from ibkr_sync.domain.entities.contracts import ContractListing, ContractSeries
from ibkr_sync.domain.entities.futures import (
    ASSET_TYPES,
    SAMPLE_MARKER,
    AssetClass,
    Future,
    Origin,
    ProductKey,
)
from ibkr_sync.domain.runs.future_update import FutureFailure, FutureUpdate
from report_catalogue import bring_in, report, stored

Outcomes = list[FutureUpdate[Future] | FutureFailure]
Rows = dict[ProductKey, CatalogueProduct]
Sent = tuple[Future, ...]

NAMED = {"ES", "CL", "XT"}
"""Of which a test knows what the report says."""


def whole_catalogue() -> Rows:
    return {row.key: row for row in load_catalogue().products}


def one_of_each_kind() -> Rows:
    """All that share a symbol, and of the others one of each kind."""
    namesakes = Counter(row.symbol for row in load_catalogue().products)
    kinds: dict[object, CatalogueProduct] = {}
    for row in load_catalogue().products:
        kind = (row.exchange, row.category, row.currency, row.weekly_expiries, row.price_magnifier)
        name = row.key if namesakes[row.symbol] > 1 or row.symbol in NAMED else None
        kinds.setdefault((*kind, row.multiplier is None, row.min_tick is None, name), row)
    return {row.key: row for row in kinds.values()}


@pytest.fixture(
    scope="module",
    params=[one_of_each_kind, pytest.param(whole_catalogue, marks=pytest.mark.faults)],
)
def rows(request: pytest.FixtureRequest) -> Rows:
    choose: Callable[[], Rows] = request.param
    return choose()


@pytest.fixture(scope="module")
def sent(rows: Rows) -> Sent:
    return products_of(rows.values(), NOW.date())


@pytest.fixture(scope="module")
def path(rows: Rows, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: ARG001 - one each
    return tmp_path_factory.mktemp("catalogue") / "futures.db"


@pytest.fixture(scope="module")
def outcomes(sent: Sent, path: Path) -> Outcomes:
    return bring_in(sent, path)


@pytest.fixture(scope="module")
def found(sent: Sent, outcomes: Outcomes, path: Path) -> dict[ProductKey, Future]:
    failures = [outcome.error for outcome in outcomes if isinstance(outcome, FutureFailure)]
    assert failures == []
    return {product.key: product for product in stored(sent, path)}


def as_stored(product: Future) -> Future:
    """The product with what only a database tells: when it was asked for and seen."""
    listing = ContractListing(first_seen_at=NOW, last_seen_at=NOW)
    chain = tuple(dataclasses.replace(contract, listing=listing) for contract in product.contracts)
    return dataclasses.replace(product, contracts=chain, synced_at=NOW)


def test_the_gateway_holds_every_exchange_and_category(rows: Rows, sent: Sent) -> None:
    every = whole_catalogue()
    assert {product.key for product in sent} == set(rows) <= set(every)
    assert len(every) > 620
    assert {row.exchange for row in rows.values()} == set(ZONE_IDS)
    assert {row.category for row in rows.values()} == {row.category for row in every.values()}
    assert all(len(product.contracts) >= 4 for product in sent)


def test_no_computed_contract_can_be_taken_for_one_of_ibkr(sent: Sent) -> None:
    contracts = [contract for product in sent for contract in product.contracts]
    assert len({other.con_id for other in contracts}) == len(contracts)
    assert all(2_000_000_000 <= other.con_id < 2_100_000_000 for other in contracts)
    assert all(str(other.long_name).endswith(SAMPLE_MARKER) for other in contracts)
    assert {product.origin for product in sent} == {Origin.SAMPLE}


def test_every_product_comes_back_unchanged(sent: Sent, found: dict[ProductKey, Future]) -> None:
    for product in sent:
        assert everything(found[product.key]) == everything(as_stored(product))


def test_every_product_is_classified_as_the_catalogue_says(
    rows: Rows, found: dict[ProductKey, Future]
) -> None:
    classes = {key: (type(value), value.category) for key, value in found.items()}
    assert classes == {
        key: (ASSET_TYPES[row.asset_class], row.category) for key, row in rows.items()
    }
    assert {pair.asset_class for pair in found.values()} == set(AssetClass) - {
        AssetClass.UNCLASSIFIED
    }


def test_sizes_ticks_and_currencies_are_the_catalogues(
    rows: Rows, found: dict[ProductKey, Future]
) -> None:
    def numbers(product: object) -> tuple[object, ...]:
        names = ("currency", "multiplier", "price_magnifier", "min_tick", "name")
        return tuple(getattr(product, name) for name in names)

    assert {key: numbers(value) for key, value in found.items()} == {
        key: numbers(row) for key, row in rows.items()
    }


def test_the_catalogue_disagrees_with_none_of_it(outcomes: Outcomes) -> None:
    remarks = [
        remark
        for outcome in outcomes
        if isinstance(outcome, FutureUpdate)
        for remark in outcome.remarks
    ]
    assert remarks == []


def test_weekly_and_daily_contracts_are_distinguished_from_the_monthly_ones(
    rows: Rows, found: dict[ProductKey, Future]
) -> None:
    short = {
        key
        for key, product in found.items()
        if any(contract.series is not ContractSeries.MONTHLY for contract in product.contracts)
    }
    assert short == {key for key, row in rows.items() if row.weekly_expiries}


def test_products_of_one_symbol_stay_apart(found: dict[ProductKey, Future]) -> None:
    sizes = {key: value.multiplier for key, value in found.items() if key.symbol == "DAX"}
    assert {key.trading_class: size for key, size in sizes.items()} == {
        "FDAX": 25,
        "FDXM": 5,
        "FDXS": 1,
    }


def test_the_report_says_asset_class_contracts_and_tick_value(
    sent: Sent, found: dict[ProductKey, Future]
) -> None:
    heading, *lines = report(found.values())
    assert heading.split("\t") == ["product", "asset_class", "contracts", "tick_value"]
    assert len(lines) == len(sent)
    assert "ES@CME (ES)\tindex\t4\t12.5 USD" in lines
    assert "CL@NYMEX (CL)\tcommodity\t6\t10 USD" in lines
    assert "XT@SNFE (XT)\tinterest_rate\t4\t-" in lines


def test_each_query_means_one_product(sent: Sent) -> None:
    for product in sent:
        query = query_for(product)
        assert [other.key for other in sent if query.matches(other)] == [product.key]
