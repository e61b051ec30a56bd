"""The watchlist on what is kept in memory: what is meant, and what it comes to."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pytest

from example_products import ES, NOW
from fakes.catalogue import FakeCatalogue, a_product
from fakes.clock import FakeClock
from fakes.futures import InMemoryFutureRepository
from fakes.pins import InMemoryPins
from fakes.watchlist import InMemoryWatchlist
from ibkr_sync.application.resolution.symbol_resolver import SymbolResolver
from ibkr_sync.application.services.futures import FuturesService
from ibkr_sync.application.services.watching.watchlist import WatchlistService
from ibkr_sync.domain.entities.futures import Future, Origin, ProductKey
from ibkr_sync.domain.errors import (
    AmbiguousProductError,
    MalformedSymbolError,
    NotWatchableError,
    NotWatchedError,
    ProductNotFoundError,
    UnknownGroupError,
)
from ibkr_sync.domain.naming.limits import Limits
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.naming.renaming import FormerName
from ibkr_sync.domain.ports.pins import Pin
from ibkr_sync.domain.ports.watchlist import WatchedProduct
from one_case import one_case

DAX_PRODUCTS = [
    a_product(symbol="DAX", exchange="EUREX", currency="EUR", trading_class=trading_class)
    for trading_class in ("FDAX", "FDXM")
]
EURO = a_product(symbol="EUR", exchange="CME", trading_class="6E", exchange_code="6E")
OF_UNKNOWN_CLASS = a_product(symbol="AUD", exchange="ICEUS", trading_class=None)

OSAKA_GOLD = a_product(symbol="GOLD", exchange="OSE.JPN", trading_class="GOLD", name="Gold, Japan")
GOLD = a_product(symbol="GC", exchange="COMEX", trading_class="GC", name="Gold", sources=("a", "b"))
ENDS_LIKE_MONTHS = [
    a_product(symbol=symbol, trading_class=symbol, name=None, sources=("a", "b"))
    for symbol in ("6EZ", "ESZ")
]

ES_EXACT = WatchedProduct(symbol="ES", exchange="CME", trading_class="ES")
FDAX = WatchedProduct(symbol="DAX", exchange="EUREX", trading_class="FDAX", group="night")
FDXM = dataclasses.replace(FDAX, trading_class="FDXM")
NOVA = WatchedProduct(symbol="NOVA", currency="USD")


def service_on(
    *watched: WatchedProduct,
    stored: Sequence[Future] = (ES,),
    pins: Sequence[Pin] = (),
    former: Sequence[FormerName] = (),
) -> WatchlistService:
    repository = InMemoryFutureRepository(Future, FakeClock())
    repository.products = {product.key: product for product in stored}
    repository.former_names = list(former)
    catalogue = FakeCatalogue(
        rows=[*DAX_PRODUCTS, EURO, OF_UNKNOWN_CLASS, OSAKA_GOLD, GOLD, *ENDS_LIKE_MONTHS]
    )
    names = SymbolResolver(catalogue, InMemoryPins(*pins), repository, FakeClock())
    futures = FuturesService(repository, names, repository)
    return WatchlistService(InMemoryWatchlist(*watched), futures)


# --- what is to be kept up to date


def test_the_whole_list_is_selected_each_product_once() -> None:
    also_at_night = dataclasses.replace(ES_EXACT, group="night")
    service = service_on(ES_EXACT, also_at_night, FDAX, NOVA)

    assert service.selection().products == (
        FutureQuery(symbol="ES", exchange="CME", trading_class="ES"),
        FutureQuery(symbol="NOVA", currency="USD"),
        FutureQuery(symbol="DAX", exchange="EUREX", trading_class="FDAX"),
    )


def test_the_products_of_some_groups_are_selected() -> None:
    service = service_on(ES_EXACT, FDAX, dataclasses.replace(NOVA, group="day"))

    assert service.selection(["Night"]).products == (FDAX.query,)
    assert set(service.selection(["night", "day"]).products) == {FDAX.query, NOVA.query}


@one_case("watched", [(), (ES_EXACT, FDAX)])
def test_an_unknown_group_is_reported_with_those_there_are(
    watched: Sequence[WatchedProduct],
) -> None:
    with pytest.raises(UnknownGroupError) as caught:
        service_on(*watched).selection(["nigt"])

    assert caught.value.symbol == "nigt"
    assert caught.value.groups == tuple(product.group for product in watched if product.group)


@one_case("group", ["", "a b", "a,b", "-x", "a\x1b", "x" * 40, "é"])
def test_what_can_not_be_a_group_is_refused(group: str) -> None:
    with pytest.raises(MalformedSymbolError):
        service_on(FDAX).selection([group])


def test_what_has_no_listed_contract_is_asked_for_until_it_is_closed() -> None:
    ended = dataclasses.replace(ES, symbol="NQ", contracts=())
    closed = dataclasses.replace(ES, symbol="CL", contracts=(), closed_at=NOW)
    listed = tuple(WatchedProduct(symbol=number) for number in ("ES", "NQ", "CL"))
    for watched in ((), listed):
        selected = service_on(*watched, stored=(ES, ended, closed)).selection()
        assert {query.symbol for query in selected.products} == {"ES", "NQ"}
        left_out = [(summary.key, summary.closed_at) for summary in selected.closed]
        assert left_out == [(closed.key, NOW)]
        assert selected.watched == {entry.query for entry in watched}


def test_without_a_list_all_is_selected_that_a_source_has_reported_of() -> None:
    known = dataclasses.replace(ES, symbol="NQ", origin=Origin.CATALOGUE, synced_at=None)
    sample = dataclasses.replace(ES, symbol="CL", origin=Origin.SAMPLE)

    assert service_on(stored=(ES, known, sample)).selection().products == (
        FutureQuery(symbol="CL", exchange="CME", trading_class="ES"),
        FutureQuery(symbol="ES", exchange="CME", trading_class="ES"),
    )


def test_without_a_list_and_without_products_nothing_is_selected() -> None:
    assert service_on(stored=()).selection().products == ()


# --- what IBKR renamed

AT_GLOBEX = WatchedProduct(symbol="ES", exchange="GLOBEX", trading_class="ES", group="night")
RENAMED = FormerName(former=ProductKey("ES", "GLOBEX", "ES"), current=ES.key, until=NOW)


def test_a_product_is_kept_up_to_date_by_the_name_it_has_now() -> None:
    service = service_on(AT_GLOBEX, former=[RENAMED])

    assert service.selection().products == (ES_EXACT.query,)
    assert service.selection(["night"]).products == (ES_EXACT.query,)
    (state,) = service.states()
    assert (state.product, [summary.key for summary in state.stored]) == (AT_GLOBEX, [ES.key])


def test_a_product_is_kept_up_to_date_by_the_symbol_that_ibkr_has() -> None:
    as_catalogued = WatchedProduct(symbol="SPX", exchange="CME", trading_class="ES")
    elsewhere = WatchedProduct(symbol="SPX", exchange="CBOT", trading_class="ES")
    service = service_on(as_catalogued, elsewhere)

    assert set(service.selection().products) == {ES_EXACT.query, elsewhere.query}
    states = {state.product: state.stored for state in service.states()}
    assert [state.key for state in states[as_catalogued]] == [ES.key]
    assert states[elsewhere] == ()


def test_a_renamed_product_is_taken_off_by_the_name_it_has_now() -> None:
    service = service_on(AT_GLOBEX, former=[RENAMED])

    assert service.remove(["ES@CME"]) == (AT_GLOBEX,)
    assert service.watched() == ()


def test_a_name_that_is_in_use_again_means_the_product_that_has_it() -> None:
    again = dataclasses.replace(ES, exchange="GLOBEX")
    service = service_on(AT_GLOBEX, stored=(ES, again), former=[RENAMED])

    assert service.selection().products == (AT_GLOBEX.query,)


def test_a_name_that_several_products_had_stays_as_it_is() -> None:
    other = dataclasses.replace(RENAMED, current=ProductKey("ES", "OTHER", "ES"))
    service = service_on(AT_GLOBEX, former=[RENAMED, other])

    assert service.selection().products == (AT_GLOBEX.query,)


# --- what a text means


@one_case(
    ("text", "product"),
    [
        ("ES", ES_EXACT),
        ("ES@CME", ES_EXACT),
        ("ESZ6", ES_EXACT),
        ("600000001", ES_EXACT),
        ("6E", WatchedProduct(symbol="EUR", exchange="CME", trading_class="6E")),
        ("fdxm", dataclasses.replace(FDXM, group=None)),
        ("AUD", WatchedProduct(symbol="AUD", exchange="ICEUS")),
        ("GOLD@OSE.JPN", WatchedProduct(symbol="GOLD", exchange="OSE.JPN", trading_class="GOLD")),
    ],
)
def test_a_known_product_is_kept_exactly(text: str, product: WatchedProduct) -> None:
    matching = service_on().match(text)

    assert (matching.product, matching.is_known) == (product, True)


def test_what_nobody_knows_is_kept_as_it_was_typed() -> None:
    matching = service_on().match("nova", Limits(exchange="cme", currency="usd"), group="Night")

    assert matching.product == dataclasses.replace(NOVA, exchange="CME", group="night")
    assert not matching.is_known


@one_case(
    ("text", "suggested"),
    [
        ("gold", ["GC", "GOLD"]),
        ("EXAMPLE", ["DAX", "DAX", "EUR", "AUD"]),
        ("6EZ6", ["6EZ", "EUR"]),
    ],
)
def test_what_may_be_meant_for_another_product_is_not_watched(
    text: str, suggested: list[str]
) -> None:
    with pytest.raises(NotWatchableError) as caught:
        service_on().match(text)
    assert [product.key.symbol for product in caught.value.suggestions] == suggested


def test_a_stored_product_and_a_stored_contract_are_what_they_are_called() -> None:
    osaka = dataclasses.replace(ES, symbol="GOLD", exchange="OSE.JPN", trading_class="GOLD")

    assert service_on(stored=(osaka,)).match("GOLD").product.exchange == "OSE.JPN"
    assert service_on().match("ESZ6").product == ES_EXACT


def test_what_several_products_share_is_never_picked_silently() -> None:
    with pytest.raises(AmbiguousProductError):
        service_on().match("DAX")

    matching = service_on().match("DAX", Limits(trading_class="FDAX"), group="night")
    assert matching.product == FDAX


def test_a_pin_says_which_product_is_watched() -> None:
    pin = Pin(word="DAX", symbol="DAX", exchange="EUREX", trading_class="FDXM")

    assert service_on(pins=[pin]).match("DAX", group="night").product == FDXM


def test_a_con_id_that_is_in_no_chain_names_no_product() -> None:
    with pytest.raises(ProductNotFoundError) as caught:
        service_on().match("495512563")
    assert caught.value.con_id == 495512563


# --- putting on the list and taking off


def test_what_is_added_and_was_not_on_the_list_is_reported() -> None:
    service = service_on(ES_EXACT)

    assert service.add([ES_EXACT, FDAX]) == (FDAX,)
    assert service.watched() == (ES_EXACT, FDAX)


@one_case("text", ["ES", "ESZ6", "es@cme", "600000001"])
def test_a_product_is_taken_off_by_any_of_its_names_and_from_every_group(text: str) -> None:
    at_night = dataclasses.replace(ES_EXACT, group="night")
    as_typed = WatchedProduct(symbol="ES")
    service = service_on(ES_EXACT, at_night, as_typed, FDAX)

    assert set(service.remove([text])) == {ES_EXACT, at_night, as_typed}
    assert service.watched() == (FDAX,)


def test_a_product_is_taken_off_one_group() -> None:
    at_night = dataclasses.replace(ES_EXACT, group="night")
    service = service_on(ES_EXACT, at_night)

    assert service.remove(["ES"], group="night") == (at_night,)
    assert service.watched() == (ES_EXACT,)


def test_of_several_products_the_one_on_the_list_is_meant() -> None:
    service = service_on(ES_EXACT, FDXM)

    assert service.remove(["DAX"]) == (FDXM,)


def test_of_several_products_on_the_list_none_is_picked() -> None:
    service = service_on(FDAX, FDXM)

    with pytest.raises(AmbiguousProductError):
        service.remove(["DAX"])
    assert service.remove(["DAX"], Limits(trading_class="FDAX")) == (FDAX,)
    assert service.watched() == (FDXM,)


def test_what_nobody_knows_is_taken_off_as_it_was_typed() -> None:
    other = WatchedProduct(symbol="NOVA", currency="EUR")
    service = service_on(NOVA, other)

    assert service.remove(["nova"], Limits(currency="EUR")) == (other,)
    assert service.remove(["NOVA"]) == (NOVA,)


@one_case("text", ["NOVA", "DAX", "6E"])
def test_what_is_not_on_the_list_is_reported_and_nothing_is_taken_off(text: str) -> None:
    service = service_on(ES_EXACT)

    with pytest.raises(NotWatchedError) as caught:
        service.remove(["ES", text])
    assert caught.value.symbol == text
    assert service.watched() == (ES_EXACT,)


def test_each_entry_is_reported_with_what_is_stored_of_it() -> None:
    other = dataclasses.replace(ES, exchange="NOTCME")
    as_typed = WatchedProduct(symbol="ES", group="night")
    states = service_on(ES_EXACT, NOVA, as_typed, stored=(ES, other)).states()

    keys = [(state.product, [one.key for one in state.stored]) for state in states]
    assert keys == [(ES_EXACT, [ES.key]), (NOVA, []), (as_typed, [ES.key, other.key])]
