"""The bundled product table and the questions asked of it."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from fakes.catalogue import a_product
from ibkr_sync.catalogue import Catalogue, load_catalogue
from ibkr_sync.catalogue.csv_tables import read_table
from ibkr_sync.domain.entities.catalogue import ASSET_CLASS_OF_CATEGORY
from ibkr_sync.domain.entities.futures import (
    AssetClass,
    CryptoFuture,
    IndexFuture,
    Origin,
    ProductKey,
)
from ibkr_sync.domain.naming.query import FutureQuery
from one_case import one_case

KNOWN_SOURCES = ["pst", "icli", "ibkr", "pyf", "lean", "exch", "doc", "gen"]


class TestTable:
    def test_every_row_is_loaded(self) -> None:
        rows = list(read_table("futures_products"))
        assert len(load_catalogue().products) == len(rows) > 600

    def test_no_two_rows_say_the_same_product_and_size(self) -> None:
        keys = Counter(
            (product.symbol, product.exchange, product.trading_class, product.multiplier)
            for product in load_catalogue().products
        )
        assert [key for key, count in keys.items() if count > 1] == []

    def test_a_trading_class_names_one_product_of_its_exchange(self) -> None:
        classes = Counter(
            (product.exchange, product.trading_class)
            for product in load_catalogue().products
            if product.trading_class is not None
        )
        assert [key for key, count in classes.items() if count > 1] == []

    def test_every_category_of_the_table_has_an_asset_class_and_the_reverse(self) -> None:
        categories = {row["category"] for row in read_table("futures_products")}
        assert categories == set(ASSET_CLASS_OF_CATEGORY)

    def test_multipliers_magnifiers_and_ticks_are_positive_where_known(self) -> None:
        products = load_catalogue().products
        assert all(product.multiplier is None or product.multiplier > 0 for product in products)
        assert all(
            product.price_magnifier is None or product.price_magnifier > 0 for product in products
        )
        assert all(product.min_tick is None or product.min_tick > 0 for product in products)

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
            products, key=lambda item: (item.exchange, item.symbol, -(item.multiplier or 0))
        )

    @one_case(
        ("symbol", "exchange", "sizes"),
        [
            ("EOE", "FTA", {"FTI": 200, "MFA": 20}),
            ("CAC40", "MONEP", {"FCE": 10, "MFC": 1}),
            ("FTMIB", "IDEM", {"FTMIB": 5, "MINI": 1, "MICRO": Decimal("0.2")}),
            ("TSE60", "CDE", {"SXF": 200, "SXM": 50}),
            ("SMI", "EUREX", {"FSMI": 10, "FSMS": 1}),
            ("DAX", "EUREX", {"FDAX": 25, "FDXM": 5, "FDXS": 1}),
            ("ESTX50", "EUREX", {"FESX": 10, "FSXE": 1}),
            ("NIY", "CME", {"NIY": 500, "ENY": 100}),
            ("SI", "COMEX", {"SI": 5000, "SIL": 1000}),
            ("QI", "COMEX", {"QI": 2500}),
            ("VIX", "CFE", {"VX": 1000}),
            ("VXM", "CFE", {"VXM": 100}),
            ("N225", "OSE.JPN", {"225": 1000}),
            ("N225M", "OSE.JPN", {"225M": 100}),
            ("N225MC", "OSE.JPN", {"225MC": 10}),
            *(
                (symbol, exchange, {symbol: Decimal(size)})
                for symbol, exchange, size in (
                    *(("MES", "CME", "5"), ("MNQ", "CME", "2"), ("M2K", "CME", "5")),
                    *(("MYM", "CBOT", "0.5"), ("MBT", "CME", "0.1"), ("MET", "CME", "0.1")),
                )
            ),
            ("STI", "SGX", {None: 2}),
        ],
    )
    def test_sizes_of_one_symbol_are_distinguished_by_their_class(
        self, symbol: str, exchange: str, sizes: dict[str | None, Decimal]
    ) -> None:
        rows = [
            product
            for product in load_catalogue().by_symbol(symbol)
            if product.exchange == exchange
        ]
        assert {row.trading_class: row.multiplier for row in rows} == sizes

    @one_case(
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
        (row,) = (
            product
            for product in load_catalogue().by_symbol(symbol)
            if product.exchange == exchange
        )
        assert row.trading_class == trading_class

    @one_case(("symbol", "exchange"), [("TFM", "ENDEX"), ("NGF", "IPE")])
    def test_a_size_that_varies_with_the_month_is_not_known(
        self, symbol: str, exchange: str
    ) -> None:
        (row,) = load_catalogue().by_symbol(symbol)
        assert (row.exchange, row.multiplier) == (exchange, None)

    @one_case(
        ("exchange", "symbols"),
        [
            ("NYBOT", {"KC", "CT", "OJ", "SB", "SF", "CC", "DX", "NYFANG", "LRC30APR"}),
            ("ICEUS", {"AUD", "EAD", "ECD", "EJ", "EO", "GB", "SY"}),
            ("IPE", {"COIL", "GOIL", "HOIL", "NGF", "WTI"}),
            ("ICEEU", {"Z", "I", "H"}),
            ("ICEEUSOFT", {"C", "D", "T", "W"}),
            ("ENDEX", {"TFM", "ECF"}),
            ("LMEOTC", {"AH", "CA", "PB", "NI", "SNLME", "ZSLME"}),
            ("SNFE", {"SPI", "XT", "YT", "IR"}),
            ("OSE.JPN", {"N225", "TOPX", "JGB"}),
            ("MEFFRV", {"IBEX35", "IBEX"}),
            ("IDEM", {"FTMIB"}),
            ("MONEP", {"CAC40"}),
            ("FTA", {"EOE", "AMX"}),
            ("BELFOX", {"BFX"}),
            ("MATIF", {"EBM", "ECO", "EMA"}),
            ("OMS", {"OMXS30"}),
            ("KSE", {"K200", "3KTB", "FLKTB"}),
            ("NYSELIFFE", {"MXEA", "MXEF", "M1MSA"}),
            ("CDE", {"TSE60", "CGB"}),
            ("HKFE", {"HSI", "MHI"}),
            ("SGX", {"STI", "XINA50"}),
            ("NSE", {"NIFTY50", "BANKNIFTY"}),
            ("MEXDER", {"IPC", "DEUA"}),
        ],
    )
    def test_products_stand_under_ibkr_s_code_of_their_exchange(
        self, exchange: str, symbols: set[str]
    ) -> None:
        listed = {
            product.symbol for product in load_catalogue().products if product.exchange == exchange
        }
        assert symbols <= listed

    @one_case(
        "symbol",
        ["AH", "CA", "PB", "NI", "SNLME", "ZSLME", "NG", "M1MS", "MXWO", "VIX", "VXM"],
    )
    def test_it_knows_which_products_have_weekly_or_daily_contracts_too(self, symbol: str) -> None:
        (row,) = load_catalogue().by_symbol(symbol)
        assert row.weekly_expiries

    @one_case(
        ("symbol", "point_value"),
        [("ZC", 50), ("ZW", 50), ("YK", 10), ("Z", 10), ("ES", 50), ("CL", 1000)],
    )
    def test_a_point_is_worth_the_multiplier_over_the_magnifier(
        self, symbol: str, point_value: int
    ) -> None:
        row = next(product for product in load_catalogue().by_symbol(symbol) if product.active)
        assert row.multiplier is not None
        assert row.price_magnifier is not None
        assert row.multiplier / row.price_magnifier == point_value

    def test_it_is_read_once(self) -> None:
        assert load_catalogue() is load_catalogue()


class TestBySymbol:
    def test_gives_every_size_of_a_symbol(self) -> None:
        sizes = {
            product.trading_class: product.multiplier
            for product in load_catalogue().by_symbol("DAX")
        }
        assert sizes == {"FDAX": Decimal(25), "FDXM": Decimal(5), "FDXS": Decimal(1)}

    def test_gives_dead_products_too(self) -> None:
        venues = {product.exchange: product.active for product in load_catalogue().by_symbol("ES")}
        assert venues == {"CME": True, "ONE": False}

    def test_gives_nothing_for_an_unknown_symbol(self) -> None:
        assert load_catalogue().by_symbol("no such symbol") == ()


class TestClassify:
    @one_case(
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

    def test_a_symbol_that_looks_like_another_s_name_is_what_trades_under_it(self) -> None:
        catalogue = load_catalogue()
        assert catalogue.classify("SGX", "CME", "SG") == (AssetClass.INDEX, "index")
        assert catalogue.classify("SVX", "CME", "SU") == (AssetClass.INDEX, "index")
        assert [product.active for product in catalogue.by_symbol("GE")] == [False]

    def test_an_unlisted_class_falls_back_on_the_symbol_at_its_exchange(self) -> None:
        found = load_catalogue().classify("VIX", "CFE", "VX07")
        assert found == (AssetClass.VOLATILITY, "volatility")

    def test_the_symbol_alone_at_another_exchange_is_no_match(self) -> None:
        assert load_catalogue().classify("VIX", "EUREX", "VX07") is None

    def test_an_unknown_product_is_not_guessed(self) -> None:
        assert load_catalogue().classify("NOPE", "CME", "NOPE") is None

    def test_an_active_namesake_outranks_a_dead_one(self) -> None:
        dead = a_product(trading_class=None, active=False, category="crypto")
        catalogue = Catalogue([dead, a_product(trading_class=None)])
        assert catalogue.classify("XYZ", "CME", "new") == (AssetClass.INDEX, "index")

    def test_namesakes_that_disagree_leave_it_unknown(self) -> None:
        bond = a_product(trading_class=None, category="bond")
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
                min_tick=Decimal("0.25"),
                origin=Origin.CATALOGUE,
            ),
        )

    def test_gives_the_entity_of_the_asset_class(self) -> None:
        (product,) = load_catalogue().find(FutureQuery(symbol="BRR", trading_class="BTC"))
        assert type(product) is CryptoFuture

    def test_gives_every_product_that_may_be_meant(self) -> None:
        found = load_catalogue().find(FutureQuery(symbol="DAX"))
        assert [product.trading_class for product in found] == ["FDAX", "FDXM", "FDXS"]

    def test_the_trading_class_narrows_the_choice(self) -> None:
        (product,) = load_catalogue().find(FutureQuery(symbol="DAX", trading_class="FDXM"))
        assert product.multiplier == Decimal(5)

    def test_a_dead_product_is_not_offered(self) -> None:
        assert load_catalogue().find(FutureQuery(symbol="ES", exchange="ONE")) == ()

    def test_an_unknown_trading_class_is_taken_to_be_the_symbol(self) -> None:
        (product,) = load_catalogue().find(FutureQuery(symbol="AMX"))
        assert product.key == ProductKey("AMX", "FTA", "AMX")

    def test_sizes_that_no_class_distinguishes_are_one_product_of_unknown_multiplier(self) -> None:
        mini = a_product(trading_class=None, name="Mini example", multiplier=Decimal(5))
        catalogue = Catalogue([a_product(trading_class=None), mini])
        (product,) = catalogue.find(FutureQuery(symbol="XYZ"))
        assert product.name == "Example"
        assert product.multiplier is None

    def test_no_two_products_offered_share_an_identity(self) -> None:
        catalogue = load_catalogue()
        symbols = {other.symbol for other in catalogue.products}
        keys = Counter(
            product.key
            for symbol in symbols
            for product in catalogue.find(FutureQuery(symbol=symbol))
        )
        assert max(keys.values()) == 1


class TestExtended:
    def test_a_product_of_ones_own_is_known_beside_the_others(self) -> None:
        catalogue = load_catalogue().extended([a_product(category="energy")])
        assert catalogue.classify("XYZ", "CME", "XY") == (AssetClass.COMMODITY, "energy")
        assert len(catalogue.products) == len(load_catalogue().products) + 1

    def test_it_takes_the_place_of_the_product_of_the_same_identity(self) -> None:
        own = a_product(symbol="STI", exchange="SGX", trading_class="STI", multiplier=Decimal(10))
        catalogue = load_catalogue().extended([own])
        assert catalogue.by_symbol("STI") == (own,)

    def test_it_takes_the_place_of_one_whose_class_was_not_known(self) -> None:
        own = a_product(symbol="K200", exchange="KSE", trading_class="01", multiplier=None)
        assert load_catalogue().extended([own]).by_symbol("K200") == (own,)

    def test_another_size_of_a_symbol_takes_no_place(self) -> None:
        own = a_product(symbol="K200", exchange="KSE", trading_class="99", multiplier=Decimal(1))
        products = load_catalogue().extended([own]).by_symbol("K200")
        assert {product.multiplier for product in products} == {Decimal(250000), Decimal(1)}

    def test_the_order_of_the_table_is_kept(self) -> None:
        own = a_product(symbol="DAX", exchange="EUREX", trading_class="X", multiplier=Decimal(10))
        products = load_catalogue().extended([own]).by_symbol("DAX")
        assert [product.multiplier for product in products] == [25, 10, 5, 1]

    def test_the_bundled_catalogue_stays_as_it_is(self) -> None:
        before = load_catalogue().products
        load_catalogue().extended([a_product()])
        assert load_catalogue().products == before

    def test_nothing_of_ones_own_changes_nothing(self) -> None:
        assert load_catalogue().extended([]) is load_catalogue()


class TestRowOf:
    def test_the_class_says_the_row(self) -> None:
        row = load_catalogue().row_of(ProductKey("SI", "COMEX", "SIL"))
        assert row is not None
        assert row.multiplier == Decimal(1000)

    def test_an_unlisted_class_is_not_taken_for_another(self) -> None:
        assert load_catalogue().row_of(ProductKey("SI", "COMEX", "SIX")) is None

    def test_a_class_that_was_not_known_is_the_symbols_only_row(self) -> None:
        row = Catalogue([a_product(trading_class=None)]).row_of(ProductKey("XYZ", "CME", "new"))
        assert row is not None

    def test_of_several_rows_without_class_none_is_picked(self) -> None:
        rows = [a_product(trading_class=None), a_product(trading_class=None, multiplier=Decimal(5))]
        assert Catalogue(rows).row_of(ProductKey("XYZ", "CME", "new")) is None

    def test_the_class_of_another_symbol_says_nothing(self) -> None:
        assert Catalogue([a_product()]).row_of(ProductKey("OLD", "CME", "XY")) is None


class TestSearch:
    @one_case(
        ("pattern", "found"),
        [
            ("cl", {"CL"}),
            ("mcl", {"MCL"}),
            ("FDX*", {"DAX"}),
            ("6e", {"EUR"}),
            ("s&p", {"ES", "MES", "EMD", "TSE60"}),
            ("*silver*", {"SI", "QI"}),
            ("belfox", {"BFX"}),
            ("volatility", {"VIX", "VXM", "V2TX", "VOLQ", "VHSI", "NKVI"}),
            ("crude oil", {"CL", "MCL", "COIL"}),
            ("nothing of the kind", set()),
            ("", set()),
        ],
    )
    def test_finds_by_code_type_and_word_of_the_name(self, pattern: str, found: set[str]) -> None:
        symbols = {product.symbol for product in load_catalogue().search(pattern)}
        assert found <= symbols
        assert found or not symbols

    def test_finds_what_its_own_table_calls_a_product(self) -> None:
        (row,) = load_catalogue().search("dax@eurex (fdxm)")
        assert row.trading_class == "FDXM"
        assert len(load_catalogue().search("DAX@EUREX")) == 3

    def test_a_word_is_not_found_within_another(self) -> None:
        assert {product.symbol for product in load_catalogue().search("CL")} == {"CL"}

    def test_wildcards_are_for_codes_and_whole_names(self) -> None:
        codes = {
            (product.trading_class or product.symbol) for product in load_catalogue().search("6?")
        }
        assert codes == {"6A", "6B", "6C", "6E", "6J", "6L", "6M", "6N", "6R", "6S", "6Z"}

    def test_without_a_pattern_it_gives_everything(self) -> None:
        assert load_catalogue().search(None) == load_catalogue().products
