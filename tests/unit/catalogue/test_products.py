"""The bundled product table and the questions asked of it."""

from __future__ import annotations

import dataclasses
from collections import Counter
from decimal import Decimal

import pytest

from ibkr_sync.catalogue import Catalogue, CatalogueProduct, load_catalogue
from ibkr_sync.catalogue.products import ASSET_CLASS_OF_CATEGORY
from ibkr_sync.catalogue.tables import read_table
from ibkr_sync.domain.entities.futures import (
    AssetClass,
    CryptoFuture,
    IndexFuture,
    Origin,
    ProductKey,
)
from ibkr_sync.domain.sync import FutureQuery

KNOWN_SOURCES = ["pst", "icli", "ibkr", "pyf", "lean", "exch", "doc", "gen"]


def a_product(**changes: object) -> CatalogueProduct:
    product = CatalogueProduct(
        symbol="XYZ",
        exchange="CME",
        currency="USD",
        trading_class="XY",
        exchange_code=None,
        asset_class=AssetClass.INDEX,
        category="index",
        multiplier=Decimal(50),
        price_magnifier=1,
        name="Example",
        weekly_expiries=False,
        active=True,
        sources=("doc",),
    )
    return dataclasses.replace(product, **changes)  # type: ignore[arg-type]  # as the caller says


class TestTable:
    def test_every_row_is_loaded(self) -> None:
        rows = list(read_table("futures_products"))
        assert len(load_catalogue().products) == len(rows) > 600

    def test_no_two_rows_say_the_same_product_and_size(self) -> None:
        keys = Counter(
            (each.symbol, each.exchange, each.trading_class, each.multiplier)
            for each in load_catalogue().products
        )
        assert [key for key, count in keys.items() if count > 1] == []

    def test_a_trading_class_names_one_product_of_its_exchange(self) -> None:
        classes = Counter(
            (each.exchange, each.trading_class)
            for each in load_catalogue().products
            if each.trading_class is not None
        )
        assert [key for key, count in classes.items() if count > 1] == []

    def test_every_category_of_the_table_has_an_asset_class_and_the_reverse(self) -> None:
        categories = {row["asset_class"] for row in read_table("futures_products")}
        assert categories == set(ASSET_CLASS_OF_CATEGORY)

    def test_multipliers_and_magnifiers_are_positive_where_known(self) -> None:
        products = load_catalogue().products
        assert all(each.multiplier is None or each.multiplier > 0 for each in products)
        assert all(each.price_magnifier is None or each.price_magnifier > 0 for each in products)

    def test_flags_are_written_as_the_reader_expects_them(self) -> None:
        rows = list(read_table("futures_products"))
        assert {row["status"] for row in rows} == {"active", "dead"}
        assert {row["weekly_expiries"] for row in rows} == {"true", "false"}

    def test_every_row_has_names_a_currency_and_its_sources(self) -> None:
        for product in load_catalogue().products:
            assert product.symbol
            assert product.exchange
            assert product.name
            assert len(product.currency) == 3
            assert product.sources
            assert set(product.sources) <= set(KNOWN_SOURCES)

    def test_sources_stand_once_each_and_in_one_order(self) -> None:
        for product in load_catalogue().products:
            assert product.sources == tuple(key for key in KNOWN_SOURCES if key in product.sources)

    def test_the_table_is_sorted_so_that_changes_show_in_a_diff(self) -> None:
        products = load_catalogue().products
        assert list(products) == sorted(
            products, key=lambda each: (each.exchange, each.symbol, -(each.multiplier or 0))
        )

    @pytest.mark.parametrize(
        ("symbol", "exchange", "sizes"),
        [
            ("EOE", "FTA", {"FTI": 200, "MFA": 20}),
            ("CAC40", "MONEP", {"FCE": 10, "MFC": 1}),
            ("FTMIB", "IDEM", {"FTMIB": 5, "MINI": 1, "MICRO": Decimal("0.2")}),
            ("TSE60", "CDE", {"SXF": 200, "SXM": 50}),
            ("SMI", "EUREX", {"FSMI": 10, "FSMS": 1}),
            ("SI", "COMEX", {"SI": 5000, "SIL": 1000}),
            ("STI", "SGX", {None: 2}),
        ],
    )
    def test_sizes_of_one_symbol_are_told_apart_by_their_class(
        self, symbol: str, exchange: str, sizes: dict[str | None, Decimal]
    ) -> None:
        rows = [each for each in load_catalogue().by_symbol(symbol) if each.exchange == exchange]
        assert {each.trading_class: each.multiplier for each in rows} == sizes

    @pytest.mark.parametrize(
        ("symbol", "exchange", "trading_class"),
        [
            ("Z", "ICEEU", "Z"),
            ("FLKTB", "KSE", "167"),
            ("JGB", "OSE.JPN", "JBL"),
            ("XINA50", "SGX", "CN"),
            ("MCH.HK", "HKFE", "MCH"),
            ("BFX", "BELFOX", "BXF"),
            ("SPI", "SNFE", "AP"),
        ],
    )
    def test_knows_classes_that_differ_from_the_symbol(
        self, symbol: str, exchange: str, trading_class: str
    ) -> None:
        (row,) = (each for each in load_catalogue().by_symbol(symbol) if each.exchange == exchange)
        assert row.trading_class == trading_class

    def test_it_is_read_once(self) -> None:
        assert load_catalogue() is load_catalogue()


class TestBySymbol:
    def test_gives_every_size_of_a_symbol(self) -> None:
        sizes = {each.trading_class: each.multiplier for each in load_catalogue().by_symbol("DAX")}
        assert sizes == {"FDAX": Decimal(25), "FDXM": Decimal(5), "FDXS": Decimal(1)}

    def test_gives_dead_products_too(self) -> None:
        venues = {each.exchange: each.active for each in load_catalogue().by_symbol("ES")}
        assert venues == {"CME": True, "ONE": False}

    def test_gives_nothing_for_an_unknown_symbol(self) -> None:
        assert load_catalogue().by_symbol("no such symbol") == ()


class TestClassify:
    @pytest.mark.parametrize(
        ("symbol", "exchange", "trading_class", "expected"),
        [
            ("ES", "CME", "ES", (AssetClass.INDEX, "index")),
            ("CL", "NYMEX", "CL", (AssetClass.COMMODITY, "energy")),
            ("SI", "COMEX", "SIL", (AssetClass.COMMODITY, "metal")),
            ("NQH2O", "CME", "H2O", (AssetClass.COMMODITY, "commodity_index")),
            ("H4", "CME", "H4", (AssetClass.INDEX, "weather")),
            ("CUS", "CME", "CUS", (AssetClass.INDEX, "housing")),
            ("DESX5", "EUREX", "FEXD", (AssetClass.INDEX, "dividend")),
            ("ZQ", "CBOT", "ZQ", (AssetClass.INTEREST_RATE, "short_rate")),
            ("ES", "ONE", "ES1C", (AssetClass.SINGLE_STOCK, "single_stock")),
        ],
    )
    def test_knows_the_product(
        self, symbol: str, exchange: str, trading_class: str, expected: tuple[AssetClass, str]
    ) -> None:
        assert load_catalogue().classify(symbol, exchange, trading_class) == expected

    def test_the_trading_class_outranks_a_reassigned_symbol(self) -> None:
        catalogue = load_catalogue()
        assert catalogue.classify("MXP", "CME", "6M") == (AssetClass.CURRENCY, "currency")
        assert catalogue.classify("MXP", "CME", "MXP") == (AssetClass.CRYPTO, "crypto")

    def test_an_unlisted_class_falls_back_on_the_symbol_at_its_exchange(self) -> None:
        found = load_catalogue().classify("VIX", "CFE", "VX07")
        assert found == (AssetClass.VOLATILITY, "volatility")

    def test_the_symbol_alone_at_another_exchange_is_no_match(self) -> None:
        assert load_catalogue().classify("VIX", "EUREX", "VX07") is None

    def test_an_unknown_product_is_not_guessed(self) -> None:
        assert load_catalogue().classify("NOPE", "CME", "NOPE") is None

    def test_an_active_namesake_outranks_a_dead_one(self) -> None:
        dead = a_product(
            trading_class=None, active=False, asset_class=AssetClass.CRYPTO, category="crypto"
        )
        catalogue = Catalogue([dead, a_product(trading_class=None)])
        assert catalogue.classify("XYZ", "CME", "new") == (AssetClass.INDEX, "index")

    def test_namesakes_that_disagree_leave_it_unknown(self) -> None:
        bond = a_product(trading_class=None, asset_class=AssetClass.INTEREST_RATE, category="bond")
        catalogue = Catalogue([bond, a_product(trading_class=None)])
        assert catalogue.classify("XYZ", "CME", "new") is None


class TestFind:
    def test_gives_the_product_as_an_entity_without_contracts(self) -> None:
        assert load_catalogue().find(FutureQuery(symbol="ES")) == (
            IndexFuture(
                symbol="ES",
                exchange="CME",
                trading_class="ES",
                currency="USD",
                name="E-mini S&P 500",
                category="index",
                multiplier=Decimal(50),
                price_magnifier=1,
                origin=Origin.CATALOGUE,
            ),
        )

    def test_gives_the_entity_of_the_asset_class(self) -> None:
        (product,) = load_catalogue().find(FutureQuery(symbol="BRR", trading_class="BTC"))
        assert type(product) is CryptoFuture

    def test_gives_every_product_that_may_be_meant(self) -> None:
        found = load_catalogue().find(FutureQuery(symbol="DAX"))
        assert [each.trading_class for each in found] == ["FDAX", "FDXM", "FDXS"]

    def test_the_trading_class_narrows_the_choice(self) -> None:
        (product,) = load_catalogue().find(FutureQuery(symbol="DAX", trading_class="FDXM"))
        assert product.multiplier == Decimal(5)

    def test_a_dead_product_is_not_offered(self) -> None:
        assert load_catalogue().find(FutureQuery(symbol="ES", exchange="ONE")) == ()

    def test_an_unknown_trading_class_is_taken_to_be_the_symbol(self) -> None:
        (product,) = load_catalogue().find(FutureQuery(symbol="AMX"))
        assert product.key == ProductKey("AMX", "FTA", "AMX")

    def test_sizes_that_no_class_tells_apart_are_one_product_of_unknown_multiplier(self) -> None:
        mini = a_product(trading_class=None, name="Mini example", multiplier=Decimal(5))
        catalogue = Catalogue([a_product(trading_class=None), mini])
        (product,) = catalogue.find(FutureQuery(symbol="XYZ"))
        assert product.name == "Example"
        assert product.multiplier is None

    def test_no_two_products_offered_share_an_identity(self) -> None:
        catalogue = load_catalogue()
        symbols = {each.symbol for each in catalogue.products}
        keys = Counter(
            product.key
            for symbol in symbols
            for product in catalogue.find(FutureQuery(symbol=symbol))
        )
        assert max(keys.values()) == 1
