"""What a word may be meant for that is no name of a product."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ibkr_sync.catalogue import load_catalogue
from ibkr_sync.catalogue.csv_tables import read_table
from ibkr_sync.catalogue.suggestions import MOST_SUGGESTIONS
from one_case import one_case


def suggested(word: str) -> list[str]:
    return [f"{product.symbol}@{product.exchange}" for product in load_catalogue().suggested(word)]


@one_case(
    ("word", "first"),
    [
        *(("BRENT", "COIL@IPE"), ("GOLD", "GC@COMEX"), ("SPX", "ES@CME"), ("TY", "ZN@CBOT")),
        *(
            ("BUND", "GBL@EUREX"),
            ("KOSPI", "K200@KSE"),
            ("silver", "SI@COMEX"),
            ("LCO", "COIL@IPE"),
        ),
        *(("nasdaq", "NQ@CME"), ("EURO STOXX 50", "ESTX50@EUREX")),
    ],
)
def test_the_product_that_most_people_mean_comes_first(word: str, first: str) -> None:
    assert suggested(word)[0] == first


def test_all_words_must_be_in_the_name() -> None:
    assert {"COIL@IPE", "CL@NYMEX"} <= set(suggested("crude oil"))
    assert "ZL@CBOT" not in suggested("crude oil")


@one_case("word", ["", "X", "NOVA", "&", "BRENTX", "a"])
def test_what_resembles_nothing_has_no_suggestion(word: str) -> None:
    assert suggested(word) == []


def test_every_root_of_a_vendor_is_of_a_product_and_no_name_of_another() -> None:
    catalogue = load_catalogue()
    rows = list(read_table("vendor_roots"))
    assert len({row["root"] for row in rows}) == len(rows)
    for row in rows:
        assert not catalogue.known_as(row["root"]), row
        markets = {
            (product.symbol, product.exchange) for product in catalogue.suggested(row["root"])[:1]
        }
        assert markets == {(row["symbol"], row["exchange"])}


@given(st.text(max_size=12))
def test_any_word_has_few_suggestions(word: str) -> None:
    found = load_catalogue().suggested(word)
    assert len(found) <= MOST_SUGGESTIONS
    assert all(product.active for product in found)
