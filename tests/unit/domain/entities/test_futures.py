"""A product: its identity, its asset type, its worth."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from example_products import DECEMBER, ES, MARCH, NOW
from ibkr_sync.domain.entities.contracts import ContractListing
from ibkr_sync.domain.entities.futures import (
    ASSET_TYPES,
    AssetClass,
    CommodityFuture,
    Future,
    IndexFuture,
    ProductKey,
    Underlying,
    covered_asset_classes,
)
from one_case import one_case

FIELDS = {"symbol": "X", "exchange": "CME", "trading_class": "X", "currency": "USD"}
ON_A_STOCK = Underlying(symbol="NVDA", sec_type="STK", con_id=4815747)


def test_a_product_is_known_by_symbol_exchange_and_trading_class() -> None:
    assert ES.key == ProductKey("ES", "CME", "ES")
    assert str(ES.key) == "ES@CME (ES)"


def test_every_asset_class_has_one_entity_of_its_own() -> None:
    assert set(ASSET_TYPES) == set(AssetClass)
    assert len(set(ASSET_TYPES.values())) == len(AssetClass)
    for asset_class, entity in ASSET_TYPES.items():
        assert entity.asset_class is asset_class
        assert entity.__mro__[1] is Future


@one_case("entity", list(ASSET_TYPES.values()))
def test_a_repository_of_one_type_covers_its_class_alone(entity: type[Future]) -> None:
    assert covered_asset_classes(entity) == {entity.asset_class}


def test_a_repository_of_all_products_covers_all_classes() -> None:
    assert covered_asset_classes(Future) == set(AssetClass)


@one_case("entity", list(ASSET_TYPES.values()))
def test_entities_are_frozen_and_slotted(entity: type[Future]) -> None:
    product = entity(**FIELDS)  # type: ignore[arg-type]
    assert not hasattr(product, "__dict__")
    with pytest.raises(dataclasses.FrozenInstanceError):
        product.symbol = "ES"  # type: ignore[misc]


def test_products_of_two_types_are_never_equal() -> None:
    assert IndexFuture(**FIELDS) != CommodityFuture(**FIELDS)  # type: ignore[arg-type]


def test_a_product_s_tick_is_worth_what_its_contract_s_is() -> None:
    assert (ES.quoted_tick, ES.tick_value) == (Decimal("0.25"), Decimal("12.50"))
    assert (DECEMBER.quoted_tick, DECEMBER.tick_value) == (ES.quoted_tick, ES.tick_value)
    stub = dataclasses.replace(
        ES,
        contracts=(),
        multiplier=Decimal(5000),
        price_magnifier=100,
        min_tick=Decimal("0.0025"),
    )
    assert (stub.quoted_tick, stub.tick_value) == (Decimal("0.25"), Decimal("12.5"))
    assert stub.point_value == 50
    unknown = dataclasses.replace(stub, multiplier=None, min_tick=None)
    assert (unknown.quoted_tick, unknown.tick_value, unknown.point_value) == (None, None, None)
    assert dataclasses.replace(stub, multiplier=None).tick_value is None


class TestWhatContractsHaveByMonth:
    """Of a product with contracts it is what those agree on that lived at the last sync."""

    FAR = dataclasses.replace(
        DECEMBER, con_id=7, last_trade_date=date(2027, 3, 19), last_trade_at=None
    )

    @one_case(
        ("name", "value"),
        [("multiplier", Decimal(744)), ("min_tick", Decimal("0.5")), ("price_magnifier", 100)],
    )
    def test_it_is_unknown_where_they_differ(self, name: str, value: object) -> None:
        other = dataclasses.replace(self.FAR, **{name: value})  # type: ignore[arg-type]
        product = dataclasses.replace(ES, contracts=(DECEMBER, other))
        assert getattr(product, name) is None
        assert product.tick_value == (None if name != "price_magnifier" else Decimal("12.50"))
        for contract in (DECEMBER, other):
            alone = dataclasses.replace(ES, contracts=(contract,))
            assert getattr(alone, name) == getattr(contract, name)
            assert alone.point_value == contract.point_value

    def test_what_the_magnifier_makes_of_a_price_is_unknown_where_it_differs(self) -> None:
        cents = dataclasses.replace(self.FAR, price_magnifier=100)
        product = dataclasses.replace(ES, contracts=(DECEMBER, cents))
        assert (product.quoted_tick, product.point_value) == (None, None)

    def test_a_contract_that_states_none_contradicts_none(self) -> None:
        silent = dataclasses.replace(self.FAR, multiplier=None)
        assert dataclasses.replace(ES, contracts=(DECEMBER, silent)).multiplier == 50

    def test_one_that_ended_or_was_delisted_has_no_say_unless_all_have(self) -> None:
        ended = dataclasses.replace(
            DECEMBER,
            con_id=3,
            min_tick=Decimal(1),
            last_trade_date=date(2020, 1, 1),
            last_trade_at=None,
        )
        gone = dataclasses.replace(
            self.FAR,
            con_id=4,
            min_tick=Decimal(2),
            listing=ContractListing(
                first_seen_at=NOW, last_seen_at=NOW, missing_since=NOW, delisted_at=NOW
            ),
        )
        product = dataclasses.replace(ES, contracts=(ended, gone, DECEMBER))
        assert product.min_tick == Decimal("0.25")
        assert dataclasses.replace(ES, contracts=(ended,)).min_tick == 1


def test_the_contracts_that_still_trade_are_those_that_have_not_expired() -> None:
    assert ES.unexpired(datetime(2026, 12, 1, tzinfo=UTC)) == (DECEMBER, MARCH)
    assert ES.unexpired(datetime(2026, 12, 19, tzinfo=UTC)) == (MARCH,)
    assert ES.unexpired(datetime(2028, 1, 1, tzinfo=UTC)) == ()
