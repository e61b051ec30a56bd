"""From what a person types to the product and the contract that is meant."""

from __future__ import annotations

import dataclasses
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from example_products import DECEMBER, ES, MARCH, NOW
from fakes.catalogue import FakeCatalogue, a_product
from fakes.clock import FakeClock
from fakes.futures import InMemoryFutureRepository
from fakes.pins import InMemoryPins
from ibkr_sync.application.resolution.symbol_resolution import SymbolResolution
from ibkr_sync.application.resolution.symbol_resolver import SymbolResolver
from ibkr_sync.catalogue import load_catalogue
from ibkr_sync.domain.entities.catalogue import CatalogueProduct
from ibkr_sync.domain.entities.contracts import ContractSeries, FuturesContract
from ibkr_sync.domain.entities.futures import Future, Origin, ProductKey
from ibkr_sync.domain.errors import (
    AmbiguousProductError,
    MalformedSymbolError,
    NotPinnedError,
    ProductNotFoundError,
)
from ibkr_sync.domain.naming.limits import UNLIMITED, Limits
from ibkr_sync.domain.naming.notices import (
    CatalogueSymbolNotice,
    ExchangeRenamedNotice,
    OtherContractNotice,
    OtherProductsNotice,
    SeriesNotice,
    SymbolRenamedNotice,
)
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.naming.spellings import DaySpelling, MonthSpelling
from ibkr_sync.domain.ports.catalogue import ProductCatalogue
from ibkr_sync.domain.ports.pins import Pin
from ibkr_sync.domain.selection.contract_choice import ContractWords, find_contract
from one_case import one_case

FULL_SIZE = Pin(word="DAX", symbol="DAX", exchange="EUREX", trading_class="FDAX")


def resolver(
    *stored: Future,
    pins: InMemoryPins | None = None,
    catalogue: ProductCatalogue | None = None,
) -> SymbolResolver:
    repository = InMemoryFutureRepository(Future, FakeClock(NOW))
    repository.products = {product.key: product for product in stored}
    return SymbolResolver(
        catalogue or load_catalogue(), pins or InMemoryPins(), repository, FakeClock(NOW)
    )


def product(
    symbol: str, exchange: str, trading_class: str, *contracts: FuturesContract, **fields: object
) -> Future:
    own = (
        dataclasses.replace(contract, symbol=symbol, exchange=exchange, trading_class=trading_class)
        for contract in contracts
    )
    return Future(
        symbol=symbol,
        exchange=exchange,
        trading_class=trading_class,
        currency="USD",
        contracts=tuple(own),
        **fields,  # type: ignore[arg-type]
    )


def candidates(error: AmbiguousProductError) -> list[str]:
    return [candidate.key.trading_class for candidate in error.candidates]


# --- products


@one_case(
    ("text", "query"),
    [
        ("ES", FutureQuery(symbol="ES")),
        ("es", FutureQuery(symbol="ES")),
        ("EUR", FutureQuery(symbol="EUR")),
        ("6E", FutureQuery(symbol="EUR", trading_class="6E")),
        ("FDAX", FutureQuery(symbol="DAX", trading_class="FDAX")),
        ("SIL", FutureQuery(symbol="SI", trading_class="SIL")),
        ("VX", FutureQuery(symbol="VIX", trading_class="VX")),
        ("SR3", FutureQuery(symbol="SOFR3", trading_class="SR3")),
        ("BTC", FutureQuery(symbol="BRR", trading_class="BTC")),
        ("ES@CME", FutureQuery(symbol="ES", exchange="CME")),
        *(
            (code, FutureQuery(symbol=symbol, trading_class=code))
            for symbol, code in (
                *(("AUD", "6A"), ("GBP", "6B"), ("CAD", "6C")),
                *(("JPY", "6J"), ("CHF", "6S"), ("NZD", "6N")),
                *(("ZAR", "6Z"), ("BRE", "6L"), ("ETHUSDRR", "ETH")),
                *(("SOFR1", "SR1"), ("ESTX50", "FESX"), ("GBL", "FGBL")),
                *(("YC", "XC"), ("YK", "XK"), ("YW", "XW")),
                *(("MHNG", "MNG"), ("SPI", "AP"), ("N225", "225")),
                *(("TOPX", "TPX"), ("NIY", "ENY")),
            )
        ),
    ],
)
def test_a_product_is_found_by_ibkrs_name_and_the_exchanges(text: str, query: FutureQuery) -> None:
    found = resolver().resolve(text)

    assert (found.query, found.contract, found.notices) == (query, None, ())
    assert found.product is not None
    assert found.exact == FutureQuery(
        symbol=found.product.symbol,
        exchange=found.product.exchange,
        trading_class=found.product.trading_class,
    )


@one_case(
    ("text", "query", "notice"),
    [
        (
            "ES@GLOBEX",
            FutureQuery(symbol="ES", exchange="CME"),
            ExchangeRenamedNotice(old="GLOBEX", new="CME"),
        ),
        (
            "GBL@DTB",
            FutureQuery(symbol="GBL", exchange="EUREX"),
            ExchangeRenamedNotice(old="DTB", new="EUREX"),
        ),
        (
            "FGBL@DTB",
            FutureQuery(symbol="GBL", exchange="EUREX", trading_class="FGBL"),
            ExchangeRenamedNotice(old="DTB", new="EUREX"),
        ),
        (
            "GC@NYMEX",
            FutureQuery(symbol="GC", exchange="COMEX"),
            ExchangeRenamedNotice(old="NYMEX", new="COMEX"),
        ),
        (
            "SIL@NYMEX",
            FutureQuery(symbol="SI", exchange="COMEX", trading_class="SIL"),
            ExchangeRenamedNotice(old="NYMEX", new="COMEX"),
        ),
        (
            "NOVA@GLOBEX",
            FutureQuery(symbol="NOVA", exchange="CME"),
            ExchangeRenamedNotice(old="GLOBEX", new="CME"),
        ),
    ],
)
def test_an_old_exchange_is_replaced_with_a_notice(
    text: str, query: FutureQuery, notice: ExchangeRenamedNotice
) -> None:
    found = resolver().resolve(text)

    assert (found.query, found.contract, found.notices) == (query, None, (notice,))


def test_an_old_exchange_may_be_an_option_too() -> None:
    found = resolver().resolve("6E", Limits(exchange="globex"))
    assert found.query == FutureQuery(symbol="EUR", exchange="CME", trading_class="6E")
    assert found.notices == (ExchangeRenamedNotice(old="GLOBEX", new="CME"),)


def test_an_old_symbol_is_replaced_with_a_notice() -> None:
    for text, contract_root in (("MXPP", None), ("MXPP 202612", "6M")):
        found = resolver().resolve(text)
        assert found.query.symbol == "6M"
        assert [type(notice) for notice in found.notices] == [SymbolRenamedNotice]
        spelling = found.contract and found.contract.spelling
        assert (spelling and spelling.root) == contract_root


def test_a_symbol_that_was_given_away_keeps_its_meaning_with_a_notice() -> None:
    found = resolver().resolve("MXP")
    assert found.query == FutureQuery(symbol="MXP")
    assert [type(notice) for notice in found.notices] == [SymbolRenamedNotice]


@one_case(
    ("text", "classes"),
    [
        ("DAX", ["FDAX", "FDXM", "FDXS"]),
        ("SI", ["SI", "SIL"]),
        ("ESTX50", ["FESX", "FSXE"]),
        ("EOE", ["FTI", "MFA"]),
        ("FTMIB", ["FTMIB", "MICRO", "MINI"]),
        ("NIY", ["ENY", "NIY"]),
    ],
)
def test_a_symbol_of_several_products_is_ambiguous(text: str, classes: list[str]) -> None:
    with pytest.raises(AmbiguousProductError) as caught:
        resolver().resolve(text)
    assert (caught.value.symbol, candidates(caught.value)) == (text, classes)


@one_case("text", ["DAX", "DAX 202612", "DAXZ6"])
def test_the_one_product_that_is_stored_is_meant_and_the_others_are_reported(text: str) -> None:
    stored = product("DAX", "EUREX", "FDXM", DECEMBER)
    for source_decides in (False, True):
        found = resolver(stored).resolve(text, source_decides=source_decides)
        assert found.query == FutureQuery(symbol="DAX", exchange="EUREX", trading_class="FDXM")
        assert (found.product, found.contract is None) == (stored.key, text == "DAX")
        (notice,) = found.notices
        assert isinstance(notice, OtherProductsNotice)
        assert notice.taken == stored.key
        assert [other.trading_class for other in notice.others] == ["FDAX", "FDXS"]


def test_a_stored_product_does_not_make_another_ones_contract_its_own() -> None:
    """What is in no stored chain is the stored product's too: nobody knows the other chains."""
    stored = product("DAX", "EUREX", "FDXM", DECEMBER)
    assert resolver(stored).resolve("DAX 203012").product == stored.key
    assert resolver(stored).resolve("FDAX 203012").query.trading_class == "FDAX"


def test_two_products_that_are_stored_are_ambiguous_beside_one_that_is_not() -> None:
    stored = [product("DAX", "EUREX", number, DECEMBER) for number in ("FDAX", "FDXM")]
    with pytest.raises(AmbiguousProductError) as caught:
        resolver(*stored).resolve("DAX")
    assert [
        (candidate.next_expiry, candidate.contract_count) for candidate in caught.value.candidates
    ] == [
        (date(2026, 12, 18), 1),
        (date(2026, 12, 18), 1),
        (None, None),
    ]
    open_question = resolver(*stored).resolve("DAX", source_decides=True)
    assert open_question == SymbolResolution(query=FutureQuery(symbol="DAX"))


def test_what_is_stored_does_not_decide_where_it_may_not() -> None:
    stored = product("DAX", "EUREX", "FDXM", DECEMBER)
    with pytest.raises(AmbiguousProductError):
        resolver(stored).resolve("DAX", stored_decides=False)


# --- contracts that moved to another product


def moved(symbol: str, exchange: str, trading_class: str, *contracts: FuturesContract) -> Future:
    """A product that was never synced: contracts of a synced one moved to it."""
    return product(symbol, exchange, trading_class, *contracts, synced_at=None)


LISTED = dataclasses.replace(ES, contracts=(MARCH,))


@one_case(
    ("key", "local_symbol"),
    [
        (("ES", "CBOT", "ES"), "ESZ6"),
        (("ES", "CME", "ES2"), "ESZ6"),
        (("SPX", "CME", "SP"), "ESZ6"),
    ],
)
def test_a_contract_is_found_in_the_only_chain_that_has_it(
    key: tuple[str, str, str], local_symbol: str
) -> None:
    taker = moved(*key, dataclasses.replace(DECEMBER, local_symbol=local_symbol))
    names = resolver(LISTED, taker, catalogue=FakeCatalogue())

    for text in (local_symbol, local_symbol.lower(), str(DECEMBER.con_id)):
        assert names.resolve(text).product == taker.key
    of_its_month = names.resolve("ES 202612").product
    assert of_its_month == (taker.key if taker.symbol == "ES" else LISTED.key)
    assert names.resolve("ESH7").product == LISTED.key
    assert names.resolve("ES 202703").product == LISTED.key


def test_a_product_of_which_single_contracts_are_known_makes_no_symbol_unclear() -> None:
    taker = moved("ES", "CBOT", "ES", DECEMBER)
    found = resolver(LISTED, taker, catalogue=FakeCatalogue()).resolve("ES")

    assert found.query == FutureQuery(symbol="ES", exchange="CME", trading_class="ES")
    assert found.notices == (OtherProductsNotice(word="ES", taken=LISTED.key, others=(taker.key,)),)


# --- what IBKR calls otherwise than the catalogue


def test_what_ibkr_answered_takes_the_place_of_the_catalogues_row() -> None:
    catalogue = FakeCatalogue(
        rows=[a_product(symbol="SOFR9", exchange="CME", trading_class="SR3", exchange_code="S3")]
    )
    stored = product("SR3", "CME", "SR3", DECEMBER)
    names = resolver(stored, catalogue=catalogue)

    for text in ("SR3", "SR3@CME", "SR3@CME (SR3)", "S3", "SR3Z6", "S3 202612"):
        found = names.resolve(text)
        assert (found.product, found.notices) == (stored.key, ()), text
    for text in ("SOFR9", "SOFR9@CME (SR3)"):
        found = names.resolve(text)
        assert found.product == stored.key
        assert found.notices == (CatalogueSymbolNotice(word="SOFR9", product=stored.key),)


def test_a_source_may_decide_what_a_shared_symbol_means() -> None:
    found = resolver().resolve("DAX", source_decides=True)
    assert found == SymbolResolution(query=FutureQuery(symbol="DAX"))


@one_case(
    "options",
    [
        Limits(trading_class="FDXM"),
        Limits(trading_class="fdxm"),
        Limits(trading_class="FDXM", exchange="DTB"),
        Limits(multiplier=Decimal(5), trading_class="FDXM"),
    ],
)
def test_an_option_says_which_product_is_meant(options: Limits) -> None:
    query = resolver().resolve("DAX", options).query
    assert (query.symbol, query.trading_class) == ("DAX", "FDXM")


def test_an_exchange_or_a_currency_says_which_product_is_meant() -> None:
    assert resolver().resolve("CNH", Limits(exchange="CME")).query.exchange == "CME"
    usd = product("XYZ", "CME", "XYZ")
    eur = dataclasses.replace(product("XYZ", "EUREX", "XYZ"), currency="EUR")
    found = resolver(usd, eur).resolve("XYZ", Limits(currency="eur"))
    assert found.query == FutureQuery(symbol="XYZ", currency="EUR")


def test_two_different_exchanges_are_refused() -> None:
    with pytest.raises(MalformedSymbolError):
        resolver().resolve("ES@CME", Limits(exchange="EUREX"))


def test_a_symbol_outranks_the_code_of_another_product_with_a_notice() -> None:
    found = resolver().resolve("ZS")
    assert found.query == FutureQuery(symbol="ZS")
    (notice,) = found.notices
    assert isinstance(notice, OtherProductsNotice)
    assert notice.taken == ProductKey("ZS", "CBOT", "ZS")
    assert [other.exchange for other in notice.others] == ["LMEOTC"]


def test_an_option_may_mean_the_product_of_the_lower_rank() -> None:
    assert resolver().resolve("ZS", Limits(exchange="LMEOTC")).query.symbol == "ZSLME"


def test_a_class_that_two_exchanges_use_is_ambiguous_even_if_a_source_is_asked() -> None:
    catalogue = FakeCatalogue(
        rows=[a_product(symbol="A", exchange="CME"), a_product(symbol="B", exchange="EUREX")]
    )
    with pytest.raises(AmbiguousProductError):
        resolver(catalogue=catalogue).resolve("XY", source_decides=True)


def test_a_product_that_only_the_database_knows_is_found_by_its_class() -> None:
    found = resolver(product("NOVA", "CME", "NV", DECEMBER)).resolve("NV")
    assert found.query == FutureQuery(symbol="NOVA", exchange="CME", trading_class="NV")


def test_what_the_catalogue_guessed_of_a_stored_product_is_no_name() -> None:
    copied = product("AUD", "ICEUS", "GUESS", origin=Origin.CATALOGUE)
    assert resolver(copied).resolve("GUESS").query == FutureQuery(symbol="GUESS")


@one_case("text", ["NOVA", "BRK B", "M&M"])
def test_what_nobody_knows_is_asked_as_typed(text: str) -> None:
    assert resolver().resolve(text) == SymbolResolution(query=FutureQuery(symbol=text))


def test_options_are_kept_for_what_nobody_knows() -> None:
    found = resolver().resolve("nova", Limits(exchange="cme", currency="usd", trading_class="nv"))
    assert found.query == FutureQuery(
        symbol="NOVA", exchange="CME", currency="USD", trading_class="NV"
    )


# --- pins


def test_a_pin_says_what_a_shared_symbol_means() -> None:
    found = resolver(pins=InMemoryPins(FULL_SIZE)).resolve("dax")
    assert found.query == FutureQuery(symbol="DAX", exchange="EUREX", trading_class="FDAX")


def test_a_pin_counts_for_contracts_too() -> None:
    found = resolver(pins=InMemoryPins(FULL_SIZE)).resolve("DAX 202612")
    assert found.query.trading_class == "FDAX"
    assert found.contract is not None


def test_a_pin_counts_even_if_a_source_could_decide() -> None:
    pins = InMemoryPins(FULL_SIZE)
    assert resolver(pins=pins).resolve("DAX", source_decides=True).query.trading_class == "FDAX"


@one_case("options", [Limits(trading_class="FDXM"), Limits(exchange="CME")])
def test_an_option_outranks_a_pin(options: Limits) -> None:
    query = resolver(pins=InMemoryPins(FULL_SIZE)).resolve("DAX", options).query
    assert (query.trading_class, query.exchange) == (
        options.trading_class,
        options.exchange,
    )


def test_an_option_that_agrees_leaves_the_pin() -> None:
    query = resolver(pins=InMemoryPins(FULL_SIZE)).resolve("DAX", Limits(exchange="DTB")).query
    assert query == FutureQuery(symbol="DAX", exchange="EUREX", trading_class="FDAX")


@one_case(
    ("text", "multiplier", "trading_class"),
    [
        ("DAX", "25", "FDAX"),
        ("DAX", "1", "FDXS"),
        ("DAX 202612", "5", "FDXM"),
        ("SI", "1000", "SIL"),
    ],
)
def test_a_multiplier_says_which_product_is_meant(
    text: str, multiplier: str, trading_class: str
) -> None:
    found = resolver().resolve(text, Limits(multiplier=Decimal(multiplier)))
    assert found.product is not None
    assert found.product.trading_class == trading_class
    assert found.query.multiplier == Decimal(multiplier)


def test_a_multiplier_outranks_the_pin_of_another_size() -> None:
    names = resolver(pins=InMemoryPins(FULL_SIZE))
    assert names.resolve("DAX", Limits(multiplier=Decimal(25))).query.trading_class == "FDAX"
    found = names.resolve("DAX", Limits(multiplier=Decimal(5)))
    assert (found.product and found.product.trading_class) == "FDXM"


def test_a_pin_may_be_of_one_size() -> None:
    mini = dataclasses.replace(DECEMBER, con_id=7, multiplier=Decimal(5))
    stored = product("NOVA", "CME", "NOVA", DECEMBER, mini)
    pins = InMemoryPins()
    names = resolver(stored, pins=pins)
    pin = names.pin("NOVA", Limits(multiplier=Decimal(5)))
    assert pin.multiplier == names.resolve("NOVA").query.multiplier == Decimal(5)
    full = Decimal(50)
    assert names.resolve("NOVA", Limits(multiplier=full)).query.multiplier == full
    with pytest.raises(ProductNotFoundError) as caught:
        names.pin("NOVA", Limits(multiplier=Decimal(7)))
    assert caught.value.known == (stored.key,)


def test_a_pin_of_a_size_that_its_product_has_no_more_gives_way_to_a_full_name() -> None:
    stored = product("NOVA", "CME", "NV", DECEMBER)
    pin = Pin(word="NOVA", symbol="NOVA", exchange="CME", trading_class="NV", multiplier=Decimal(5))
    names = resolver(stored, pins=InMemoryPins(pin))
    full = FutureQuery(symbol="NOVA", exchange="CME", trading_class="NV")
    for text, limits in (
        ("NOVA@CME (NV)", UNLIMITED),
        ("NOVA", Limits(trading_class="NV")),
        ("NOVAZ6", Limits(exchange="CME", trading_class="NV")),
    ):
        assert names.resolve(text, limits).query == full
    query = names.resolve("NOVA").query
    assert query.multiplier == Decimal(5)
    error = names.with_known(ProductNotFoundError("NOVA", "the database"), query)
    assert (error.pinned, error.sizes, error.known) == ("NOVA", (Decimal(50),), (stored.key,))
    both = product("NOVA", "CME", "NV", DECEMBER, dataclasses.replace(MARCH, multiplier=Decimal(5)))
    names = resolver(both, pins=InMemoryPins(pin))
    assert names.resolve("NOVA@CME (NV)").query.multiplier == Decimal(5)
    assert names.with_known(ProductNotFoundError("NOVA", "the database"), query).pinned is None
    refused = ProductNotFoundError("NOVA", "IBKR", asked=Origin.IBKR)
    error = names.with_known(refused, query)
    assert (error.pinned, error.sizes) == ("NOVA", ())


def test_what_was_of_another_size_is_found_by_the_size_that_it_had() -> None:
    names = resolver(product("NOVA", "CME", "NV", DECEMBER))
    for text in ("NOVA", "NV", "NOVA@CME (NV)", "NOVAZ6"):
        found = names.resolve_past(text, Limits(multiplier=Decimal(7)))
        assert found.product == ProductKey("NOVA", "CME", "NV")
        assert found.query.multiplier == Decimal(7)
    mini = resolver().resolve_past("DAX", Limits(multiplier=Decimal(1)))
    assert mini.product == ProductKey("DAX", "EUREX", "FDXS")
    with pytest.raises(AmbiguousProductError):
        resolver().resolve_past("DAX", Limits(multiplier=Decimal(7)))


def test_sizes_that_no_class_distinguishes_are_one_product() -> None:
    rows = [
        a_product(symbol="XYZ", trading_class=None, multiplier=Decimal(number))
        for number in (10, 100)
    ]
    names = resolver(catalogue=FakeCatalogue(rows=rows))
    assert names.resolve("XYZ").product == ProductKey("XYZ", "CME", "XYZ")
    for multiplier in (10, 100):
        found = names.resolve("XYZ", Limits(multiplier=Decimal(multiplier)))
        assert found.product == ProductKey("XYZ", "CME", "XYZ")
    assert names.resolve("XYZ", Limits(multiplier=Decimal(5))).product is None


def test_pinning_keeps_what_the_options_say() -> None:
    pins = InMemoryPins()
    names = resolver(pins=pins)
    assert names.pin("dax", Limits(trading_class="fdax")) == FULL_SIZE
    assert names.pins() == pins.all_pins() == (FULL_SIZE,)
    names.unpin("dax")
    with pytest.raises(NotPinnedError):
        names.unpin("dax")
    assert names.pins() == ()


def test_a_pin_may_need_no_class() -> None:
    catalogue = FakeCatalogue(
        rows=[
            a_product(symbol="AUD", exchange="CME", trading_class="6A"),
            a_product(symbol="AUD", exchange="ICEUS", trading_class=None),
        ]
    )
    pin = resolver(catalogue=catalogue).pin("AUD", Limits(exchange="ICEUS"))
    assert pin == Pin(word="AUD", symbol="AUD", exchange="ICEUS")


def test_a_product_that_only_the_database_knows_can_be_pinned() -> None:
    pin = resolver(product("NOVA", "CME", "NV")).pin("NOVA")
    assert pin == Pin(word="NOVA", symbol="NOVA", exchange="CME", trading_class="NV")


def test_what_nobody_knows_can_not_be_pinned() -> None:
    pins = InMemoryPins()
    with pytest.raises(ProductNotFoundError):
        resolver(pins=pins).pin("DAX", Limits(trading_class="NOSUCH"))
    with pytest.raises(ProductNotFoundError):
        resolver(pins=pins).pin("NOVA")
    assert pins.pins == {}


def test_a_pin_that_says_too_little_is_ambiguous() -> None:
    with pytest.raises(AmbiguousProductError):
        resolver().pin("DAX", Limits(exchange="EUREX"))


# --- what else a source may be asked


def alternatives(found: SymbolResolution) -> list[str]:
    return [
        f"[{alternative.local_symbol}]" if alternative.local_symbol else str(alternative.query)
        for alternative in found.query.alternatives
    ]


@one_case(
    ("text", "query", "others"),
    [
        ("ES", "ES", []),
        ("ESZ6", "ES", ["[ESZ6]"]),
        ("SR3", "SOFR3 (SR3)", ["SR3", "[SR3]"]),
        ("SR3@CME", "SOFR3@CME (SR3)", ["SR3@CME", "[SR3]"]),
        ("sr3z6", "SOFR3 (SR3)", ["SR3", "[SR3Z6]"]),
        ("ZZZH7", "ZZZH7", ["[ZZZH7]", "ZZZ"]),
        ("ZZ   MAR 24", "ZZ", ["[ZZ   MAR 24]"]),
        ("495512563", "495512563", ["[495512563]"]),
        ("NOVA@X (NV)", "NOVA@X (NV)", ["[NOVA]"]),
    ],
)
def test_what_the_catalogue_says_is_not_all_that_may_be_asked(
    text: str, query: str, others: list[str]
) -> None:
    found = resolver(catalogue=load_catalogue()).resolve(text, source_decides=True)
    assert (str(found.query), alternatives(found)) == (query, others)


def test_what_is_stored_or_pinned_is_asked_for_as_it_is() -> None:
    assert alternatives(resolver(ES).resolve("ESZ6")) == []
    assert alternatives(resolver(pins=InMemoryPins(FULL_SIZE)).resolve("DAX")) == []


# --- contracts


@one_case(
    ("text", "symbol", "spelling"),
    [
        ("ESZ6", "ES", MonthSpelling(root="ES", month=12, year=6, year_digits=1)),
        ("ES 202612", "ES", MonthSpelling(root="ES", month=12, year=2026, year_digits=4)),
        ("6EZ26", "EUR", MonthSpelling(root="6E", month=12, year=26, year_digits=2)),
        ("ZN   MAR 24", "ZN", MonthSpelling(root="ZN", month=3, year=24, year_digits=2)),
        (
            "FDAX 20261218 M",
            "DAX",
            DaySpelling(root="FDAX", day=date(2026, 12, 18), series=ContractSeries.MONTHLY),
        ),
        ("VX48X6", "VIX", MonthSpelling(root="VX48", month=11, year=6, year_digits=1)),
        ("APH3", "SPI", MonthSpelling(root="AP", month=3, year=3, year_digits=1)),
    ],
)
def test_a_contract_is_found_by_its_product_and_its_month_or_day(
    text: str, symbol: str, spelling: MonthSpelling | DaySpelling
) -> None:
    found = resolver().resolve(text)
    assert found.query.symbol == symbol
    assert found.contract is not None
    assert found.contract.spelling == spelling


def test_the_class_of_a_weekly_series_is_its_product_with_a_notice() -> None:
    vix = ProductKey("VIX", "CFE", "VX")
    for text in ("VX48", "VX48X6"):
        found = resolver().resolve(text)
        assert found.query.trading_class == "VX"
        assert found.notices == (SeriesNotice(word="VX48", product=vix),)


def test_an_exchanges_code_means_the_class_where_products_share_a_symbol() -> None:
    assert resolver().resolve("SIZ6").query.trading_class == "SI"
    assert resolver().resolve("SILZ6").query.trading_class == "SIL"
    for text in ("SI 202612", "SI Dec26", "DAXZ6"):
        with pytest.raises(AmbiguousProductError):
            resolver().resolve(text)


def test_a_root_that_is_a_symbol_and_another_products_class_is_ambiguous() -> None:
    catalogue = FakeCatalogue(
        rows=[
            a_product(symbol="SG", exchange="ICEEU", trading_class=None),
            a_product(symbol="SGX", exchange="CME", trading_class="SG"),
        ]
    )
    names = resolver(catalogue=catalogue)
    for text in ("SGH7", "SG 202703"):
        with pytest.raises(AmbiguousProductError) as caught:
            names.resolve(text, source_decides=True)
        assert [candidate.key.symbol for candidate in caught.value.candidates] == ["SG", "SGX"]
    assert names.resolve("SGH7", Limits(exchange="CME")).query.symbol == "SGX"


def test_a_product_that_may_be_a_contract_too_is_reported() -> None:
    found = resolver().resolve("IBEX35")
    assert found.query == FutureQuery(symbol="IBEX35")
    assert found.notices == (
        OtherContractNotice(
            word="IBEX35", spelling=MonthSpelling(root="IBE", month=11, year=35, year_digits=2)
        ),
    )


@one_case(
    "text",
    [
        *("ESM5", "XKQ6", "CLZ3", "COILZ5", "HSIJ4", "APH3", "IBHYH4", "HOILN7", "6JU4"),
        *("YM   DEC 20", "MYM  JUN 23", "ZN   MAR 24", "FESX JUN 21", "FGBL MAR 23"),
        *("FGBL 20251208 M", "SCOI 20251219 M", "AH_20240221", "SXAH24", "INFY26DECFUT@NSE"),
        *("169120018", "4TLSN4L", "3TLSN4N", "M3FIDRM4P", "DVCE91MR24", "DVCXC MR24"),
        *("DVM3  JN24", "ISP   24L20"),
    ],
)
def test_a_local_symbol_of_any_form_is_found_where_it_is_stored(text: str) -> None:
    local_symbol = text.partition("@")[0]
    opaque = dataclasses.replace(MARCH, local_symbol=local_symbol)
    stored = product("NOVA", "NSE", "NV", DECEMBER, opaque)
    found = resolver(stored, catalogue=FakeCatalogue()).resolve(text)
    assert found.query.symbol == "NOVA"
    assert found.contract is not None
    assert find_contract(stored, found.contract, NOW).contract.con_id == MARCH.con_id


def test_a_local_symbol_of_two_stored_products_is_ambiguous() -> None:
    twins = (product("A", "X", "A", DECEMBER), product("B", "Y", "B", DECEMBER))
    with pytest.raises(AmbiguousProductError) as caught:
        resolver(*twins, catalogue=FakeCatalogue()).resolve("ESZ6")
    assert candidates(caught.value) == ["A", "B"]


@one_case("text", ["NOVA 202612", "NOVA Dec26", "NOVA Z6"])
def test_a_contract_of_a_product_that_nobody_knows_asks_for_the_product(text: str) -> None:
    found = resolver().resolve(text)
    assert found.query == FutureQuery(symbol="NOVA")
    assert found.contract is not None


def test_what_may_be_a_product_is_asked_as_typed_if_its_root_is_unknown() -> None:
    assert resolver().resolve("NOVAZ6") == SymbolResolution(query=FutureQuery(symbol="NOVAZ6"))


# --- conIds


def test_a_stored_con_id_means_its_product_and_the_contract() -> None:
    found = resolver(ES).resolve(str(MARCH.con_id))
    assert found.query == FutureQuery(symbol="ES", exchange="CME", trading_class="ES")
    assert found.contract == ContractWords(text=str(MARCH.con_id), con_id=MARCH.con_id)


def test_an_unknown_con_id_is_asked_for() -> None:
    found = resolver(ES).resolve("495512563")
    assert found.query == FutureQuery(symbol="495512563", con_id=495512563)
    assert found.contract == ContractWords(text="495512563", con_id=495512563)


def test_a_con_id_that_is_another_products_local_symbol_is_ambiguous() -> None:
    opaque = dataclasses.replace(DECEMBER, con_id=5, local_symbol=str(MARCH.con_id))
    osaka = product("N225", "OSE.JPN", "225", opaque, synced_at=ES.synced_at)
    with pytest.raises(AmbiguousProductError):
        resolver(ES, osaka).resolve(str(MARCH.con_id))


# --- anything


@given(
    text=st.text(max_size=20) | st.from_regex(r"[A-Z0-9 @.]{1,16}", fullmatch=True),
    source_decides=st.booleans(),
)
def test_any_text_is_resolved_or_refused_with_a_documented_error(
    text: str, *, source_decides: bool
) -> None:
    try:
        found = resolver(ES).resolve(text, source_decides=source_decides)
    except (MalformedSymbolError, AmbiguousProductError):
        return
    assert found.query.symbol


@given(st.sampled_from(load_catalogue().products).filter(lambda row: row.active))
def test_every_product_of_the_catalogue_is_found_by_its_symbol_or_distinguished(
    row: CatalogueProduct,
) -> None:
    namesakes = {product.key for product in load_catalogue().known_as(row.symbol) if product.active}
    keys = {key for key in namesakes if key.symbol == row.symbol}
    if len(keys) == 1:
        assert resolver().resolve(row.symbol).query == FutureQuery(symbol=row.symbol)
        return
    with pytest.raises(AmbiguousProductError) as caught:
        resolver().resolve(row.symbol)
    assert {candidate.key for candidate in caught.value.candidates} == keys
