"""What the bundled catalogue suggests in the place of a name that few people mean so."""

from __future__ import annotations

from ibkr_sync.application.resolution.likelier_products import (
    likelier_by_name,
    likelier_by_spelling,
)
from ibkr_sync.catalogue import load_catalogue
from ibkr_sync.domain.naming.spellings import parse_spellings
from one_case import one_case

CATALOGUE = load_catalogue()


@one_case(
    ("word", "markets"),
    [
        ("GOLD", {"GC@COMEX", "MGC@COMEX", "GOLD@OSE.JPN"}),
        ("WTI", {"CL@NYMEX", "WTI@IPE"}),
        ("RBOB", {"RB@NYMEX", "RBOB@IPE"}),
        ("EURO", {"EUR@CME", "EURO@MEXDER"}),
    ],
)
def test_a_name_that_begins_that_of_a_better_known_product_may_mean_it(
    word: str, markets: set[str]
) -> None:
    found = [f"{row.symbol}@{row.exchange}" for row in likelier_by_name(word, CATALOGUE)]
    assert markets <= set(found)
    assert len(found) == len(set(found))


@one_case("word", ["ES", "GC", "DAX", "6E", "COIL", "SOL", "IBEX", "TSX", "CLP", "NOVA", ""])
def test_a_name_that_is_well_known_means_itself(word: str) -> None:
    assert likelier_by_name(word, CATALOGUE) == ()


def spelled(text: str) -> list[str]:
    (spelling,) = parse_spellings(text).contracts
    found = likelier_by_spelling(text, spelling, CATALOGUE)
    return [f"{row.symbol}@{row.exchange}" for row in found]


@one_case(
    ("text", "first"),
    [("NQ6", "NQ@CME"), ("NQ26", "NQ@CME"), ("ZN6", "ZN@CBOT"), ("HG7", "HG@COMEX")],
)
def test_a_contract_without_its_month_may_be_of_the_product_that_is_left(
    text: str, first: str
) -> None:
    found = spelled(text)
    assert found[0] == first
    assert len(found) > 1, "its own product is suggested too"


@one_case("text", ["ESM6", "ESU26", "VXM6", "NQZ6", "ES 202612", "CLZ6", "FDAX 20261218 M"])
def test_a_contract_of_a_well_known_product_is_one(text: str) -> None:
    assert spelled(text) == []
