"""Products that are known to exist, from catalogue and database."""

from __future__ import annotations

import dataclasses

from example_products import DECEMBER, ES, NOW
from fakes.catalogue import a_product
from ibkr_sync.domain.entities.futures import Origin
from ibkr_sync.domain.naming.known_products import (
    KnownProduct,
    merge_known,
    stored_candidate,
)
from ibkr_sync.domain.naming.stored_names import StoredNames
from ibkr_sync.domain.naming.word_meaning import (
    WordRole,
    meaning_of,
    meaning_of_series_class,
    role_of_word,
)
from one_case import one_case

WEEKLY = dataclasses.replace(DECEMBER, con_id=9, trading_class="ES48")
WITH_WEEKLY = dataclasses.replace(ES, contracts=(*ES.contracts, WEEKLY))
STORED = KnownProduct.stored(StoredNames.of(WITH_WEEKLY))


def catalogued(**fields: object) -> KnownProduct:
    return KnownProduct.catalogued(a_product(symbol="ES", exchange="CME", **fields))


def test_a_stored_product_says_its_next_expiry_and_its_series() -> None:
    candidate = stored_candidate(WITH_WEEKLY, NOW)
    assert (candidate.next_expiry, candidate.contract_count) == (DECEMBER.last_trade_date, 3)
    assert STORED.series_classes == frozenset({"ES48"})


def test_a_copy_of_the_catalogue_does_not_count_contracts() -> None:
    copied = dataclasses.replace(ES, origin=Origin.CATALOGUE, contracts=(), synced_at=None)
    assert stored_candidate(copied, NOW).contract_count is None


def test_what_is_stored_takes_the_place_of_what_the_catalogue_knows() -> None:
    same = catalogued(trading_class="ES", exchange_code="E5", weekly_expiries=True)
    (merged,) = merge_known([same], [STORED])
    assert merged == dataclasses.replace(STORED, exchange_code="E5", has_weeklies=True)


def test_a_catalogued_product_of_unknown_class_is_the_stored_one() -> None:
    assert merge_known([catalogued(trading_class=None)], [STORED]) == (STORED,)


def test_another_class_is_another_product() -> None:
    other = catalogued(trading_class="MINI")
    assert merge_known([other], [STORED]) == (STORED, other)


@one_case(
    ("word", "role"),
    [
        ("ES", WordRole.SYMBOL),
        ("XY", WordRole.TRADING_CLASS),
        ("XY48", WordRole.SERIES_CLASS),
        ("XY54", None),
        ("CODE", WordRole.EXCHANGE_CODE),
        ("CME", None),
    ],
)
def test_a_word_has_a_role(word: str, role: WordRole | None) -> None:
    row = catalogued(trading_class="XY", exchange_code="CODE", weekly_expiries=True)
    assert role_of_word(word, row) == role


def test_without_weeklies_a_number_behind_a_class_means_nothing() -> None:
    assert role_of_word("XY48", catalogued(trading_class="XY")) is None


def test_the_class_of_a_stored_weekly_series_has_a_role() -> None:
    assert role_of_word("ES48", STORED) is WordRole.SERIES_CLASS


@one_case(("word", "base"), [("VX01", "VX"), ("VX53", "VX"), ("VX", None)])
def test_the_base_of_a_series_class_lacks_the_week(word: str, base: str | None) -> None:
    assert meaning_of_series_class(word) == base


def test_the_highest_rank_counts_and_the_lower_ones_are_reported() -> None:
    by_code = a_product(symbol="C", trading_class="D", exchange_code="W")
    by_class = a_product(symbol="B", trading_class="W")
    by_symbol = a_product(symbol="W")
    known = [KnownProduct.catalogued(product) for product in (by_code, by_class, by_symbol)]
    found = meaning_of("W", known)
    assert found is not None
    assert (found.role, [product.symbol for product in found.products]) == (WordRole.SYMBOL, ["W"])
    assert [other.symbol for other in found.others] == ["B", "C"]
    assert meaning_of("NOTHING", known) is None
