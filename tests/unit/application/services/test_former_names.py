"""A product that IBKR renamed is still found by what it was called before."""

from __future__ import annotations

import dataclasses

import pytest

from example_products import ES, NOW
from fakes.clock import FakeClock
from fakes.futures import InMemoryFutureRepository
from fakes.pins import InMemoryPins
from ibkr_sync.application.resolution.symbol_resolver import SymbolResolver
from ibkr_sync.catalogue import load_catalogue
from ibkr_sync.domain.entities.futures import Future, ProductKey
from ibkr_sync.domain.errors import AmbiguousProductError
from ibkr_sync.domain.naming.notices import ProductRenamedNotice
from ibkr_sync.domain.naming.renaming import FormerName
from ibkr_sync.domain.naming.spellings import MonthSpelling
from ibkr_sync.domain.ports.pins import Pin
from one_case import one_case

BUND = ProductKey("GBL", "EUREX", "FGBL")
TODAY = ProductKey("BUND", "XEUR", "FBND")
RENAMED = FormerName(former=BUND, current=TODAY, until=NOW)


def resolver(
    *stored: ProductKey, former: FormerName = RENAMED, pin: Pin | None = None
) -> SymbolResolver:
    repository = InMemoryFutureRepository(Future, FakeClock(NOW))
    repository.products = {
        key: dataclasses.replace(ES, **key._asdict(), contracts=()) for key in stored
    }
    repository.former_names = [former]
    pins = InMemoryPins()
    if pin is not None:
        pins.pin(pin)
    return SymbolResolver(load_catalogue(), pins, repository, FakeClock(NOW))


@one_case("word", ["GBL", "gbl", "FGBL", "GBL@EUREX", "GBL@DTB", "FGBL@EUREX"])
def test_a_former_symbol_or_class_names_the_product_of_today(word: str) -> None:
    found = resolver(TODAY).resolve(word)

    assert found.product == TODAY
    assert ProductRenamedNotice(name=RENAMED) in found.notices


def test_a_contract_spelled_with_a_former_name_is_the_products() -> None:
    found = resolver(TODAY).resolve("FGBLZ6")

    assert found.product == TODAY
    assert found.contract is not None
    assert isinstance(found.contract.spelling, MonthSpelling)


@one_case("word", ["BUND", "FBND"])
def test_todays_name_needs_no_word_of_the_former_one(word: str) -> None:
    found = resolver(TODAY).resolve(word)

    assert (found.product, found.notices) == (TODAY, ())


def test_a_former_name_that_is_in_use_again_means_its_new_owner() -> None:
    found = resolver(TODAY, BUND).resolve("GBL")

    assert (found.product, found.notices) == (BUND, ())


def test_a_product_that_only_changed_its_exchange_is_found_by_both() -> None:
    moved = BUND._replace(exchange="XEUR")
    former = FormerName(former=BUND, current=moved, until=NOW)
    names = resolver(moved, former=former)

    assert names.resolve("GBL").product == moved
    assert names.resolve("GBL@EUREX").product == moved
    assert names.resolve("GBL@XEUR").product == moved


@one_case("word", ["GBL@EUREX (FGBL)", "GBL@XEUR (FGBL)", "GBL@XEUR (FBND)"])
def test_a_full_name_may_be_a_former_one_in_every_part(word: str) -> None:
    found = resolver(TODAY).resolve(word)

    assert found.product == TODAY
    assert (found.query.exchange, found.query.trading_class) == ("XEUR", "FBND")


GADGET, SIBLING = ProductKey("WIDG", "CME", "WIDG"), ProductKey("WIDG", "CME", "WDG")
MOVED_SIBLING = SIBLING._replace(exchange="CBOT")


@one_case(
    ("text", "product"),
    [
        ("WIDG@CME", GADGET),
        ("WIDG@CME (WIDG)", GADGET),
        ("WIDGZ6@CME", GADGET),
        ("WIDG@CME (WDG)", MOVED_SIBLING),
        ("WDG@CME", MOVED_SIBLING),
        ("WIDG@CBOT", MOVED_SIBLING),
        ("WIDG@CBOT (WDG)", MOVED_SIBLING),
    ],
)
def test_an_exchange_that_a_sibling_left_still_names_the_product_that_stays(
    text: str, product: ProductKey
) -> None:
    former = FormerName(former=SIBLING, current=MOVED_SIBLING, until=NOW)

    found = resolver(GADGET, MOVED_SIBLING, former=former).resolve(text, source_decides=True)

    assert found.product == product
    assert found.query.exchange == product.exchange


def test_a_product_that_stays_can_be_pinned_by_the_exchange_that_a_sibling_left() -> None:
    former = FormerName(former=SIBLING, current=MOVED_SIBLING, until=NOW)
    names = resolver(GADGET, MOVED_SIBLING, former=former)

    assert str(names.pin("WIDG@CME")) == str(GADGET)
    assert names.resolve("WIDG").product == GADGET


def test_what_the_catalogue_still_knows_by_the_former_name_is_no_second_product() -> None:
    former = FormerName(
        former=ProductKey("DAX", "EUREX", "FDXM"),
        current=ProductKey("DAX", "EUREX", "FDXN"),
        until=NOW,
    )
    with pytest.raises(AmbiguousProductError) as ambiguous:
        resolver(former.current, former=former).resolve("DAX")

    classes = [candidate.key.trading_class for candidate in ambiguous.value.candidates]
    assert classes == ["FDAX", "FDXN", "FDXS"]


def test_a_former_name_is_pinned_as_the_name_of_today() -> None:
    pin = resolver(TODAY).pin("GBL")

    assert (pin.word, pin.symbol, pin.exchange, pin.trading_class) == ("BUND", *TODAY)


BOND = Pin(word="BOND", symbol="GBL", exchange="EUREX", trading_class="FGBL")


def test_a_word_pinned_to_a_former_name_means_the_product_of_today() -> None:
    assert resolver(TODAY, pin=BOND).resolve("BOND").product == TODAY


def test_a_word_pinned_to_a_name_that_is_in_use_again_means_its_new_owner() -> None:
    assert resolver(TODAY, BUND, pin=BOND).resolve("BOND").product == BUND
