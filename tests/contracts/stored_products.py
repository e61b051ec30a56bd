"""What every keeper of products promises about names."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import TypeAlias

import pytest

from contracts import examples
from contracts.future_port import query_for
from ibkr_sync.domain.entities.futures import CommodityFuture, Future, Origin
from ibkr_sync.domain.entities.market_rules import MarketRule, PriceIncrement
from ibkr_sync.domain.evidence.acquired_future import AcquiredFuture
from ibkr_sync.domain.naming.stored_names import StoredNames
from ibkr_sync.domain.ports.futures import LocalFuturePort
from ibkr_sync.domain.runs.sync_policy import SyncPolicy
from one_case import one_case

LocalOf: TypeAlias = Callable[[type[Future]], LocalFuturePort[Future]]

DAX, ES = examples.DAX, examples.ES
FIRST = dataclasses.replace(ES.contracts[0], trading_class="ES48", local_symbol="ES   DEC 26")
WITH_WEEKLY = dataclasses.replace(ES, contracts=(FIRST, *ES.contracts[1:]))


class StoredProductsContract:
    """The promises of `StoredProducts`; inherit and override `local_of`."""

    @pytest.fixture
    def local_of(self) -> LocalOf:
        """Make a repository for an entity; all made in one test share one storage."""
        raise NotImplementedError

    @pytest.fixture
    def local(self, local_of: LocalOf) -> LocalFuturePort[Future]:
        local = local_of(Future)
        self.store(local, [WITH_WEEKLY, DAX, examples.CRUDE_OIL])
        return local

    def store(self, local: LocalFuturePort[Future], products: Iterable[Future]) -> None:
        with local.sync_run(Origin.IBKR) as run:
            for product in products:
                acquired = AcquiredFuture(product=product)
                local.get_or_create_entity(acquired, query_for(product), SyncPolicy(), run)

    @one_case(
        ("word", "product"),
        [
            ("ES", WITH_WEEKLY),
            ("DAX", DAX),
            ("FDAX", DAX),
            ("ES48", WITH_WEEKLY),
            ("ES   DEC 26", WITH_WEEKLY),
            (DAX.contracts[1].local_symbol, DAX),
            (str(DAX.contracts[1].con_id), DAX),
        ],
    )
    def test_finds_a_product_by_any_name_of_itself_and_its_contracts(
        self, local: LocalFuturePort[Future], word: str, product: Future
    ) -> None:
        (found,) = local.find_named([word])
        assert found.key == product.key
        assert found.contracts == product.contracts

    def test_finds_all_products_of_several_names_by_key(
        self, local: LocalFuturePort[Future]
    ) -> None:
        keys = [product.key for product in local.find_named({"ES", "FDAX", "ES48", "CL", "NQ"})]
        assert keys == sorted([ES.key, DAX.key, examples.CRUDE_OIL.key])

    def test_knows_the_names_of_a_product_as_its_chain_has_them(
        self, local: LocalFuturePort[Future]
    ) -> None:
        nearest, *later = examples.DAX_MINI.contracts
        smaller = dataclasses.replace(nearest, multiplier=Decimal(1), trading_class="FDX1")
        of_any_size = dataclasses.replace(later[-1], multiplier=None)
        gone = dataclasses.replace(examples.CRUDE_OIL, contracts=examples.CRUDE_OIL.contracts[1:])
        mixed = dataclasses.replace(examples.DAX_MINI, contracts=(smaller, of_any_size))
        self.store(local, [mixed, gone])
        words = {"DAX", "CL", WITH_WEEKLY.contracts[0].local_symbol, "NQ"}
        found = local.find_names(words)
        assert found == tuple(StoredNames.of(product) for product in local.find_named(words))
        (names,) = local.find_names(["FDX1"])
        assert (names.classes, names.sizes) == (
            frozenset({"FDX1", "FDXM"}),
            frozenset({Decimal(1)}),
        )

    @one_case(
        "word", ["", "es", "E", "EUREX", "0", "7", "9" * 40, "a\0b", "a\udcffb", "%", "'; --"]
    )
    def test_finds_nothing_by_what_is_no_name(
        self, local: LocalFuturePort[Future], word: str
    ) -> None:
        assert local.find_named([word]) == ()
        assert local.find_names([word]) == ()

    def test_finds_nothing_without_a_word_or_a_product(
        self, local_of: LocalOf, local: LocalFuturePort[Future]
    ) -> None:
        assert local.find_named([]) == ()
        commodities = local_of(CommodityFuture)
        assert commodities.find_named(["ES", "FDAX"]) == ()
        assert commodities.find_names(["ES", "FDAX"]) == ()

    def test_gives_the_tick_ladders_that_are_stored_by_id(
        self, local: LocalFuturePort[Future]
    ) -> None:
        rules = [
            MarketRule(
                market_rule_id=rule_id,
                increments=(PriceIncrement(low_edge=Decimal(0), increment=Decimal(step)),),
            )
            for rule_id, step in ((110, "0.01"), (67, "0.25"), (5, "1"))
        ]
        local.store_market_rules([*rules, MarketRule(market_rule_id=99, increments=())])
        assert local.find_market_rules({110, 67, 99}) == (rules[1], rules[0])
        assert local.find_market_rules(()) == ()
