"""Exchange codes and symbols that IBKR replaced."""

from __future__ import annotations

from ibkr_sync.catalogue import load_catalogue
from ibkr_sync.catalogue.csv_tables import read_table
from one_case import one_case


@one_case(
    ("old", "symbol", "today"),
    [
        ("GLOBEX", "ES", "CME"),
        ("CMECRYPTO", "BRR", "CME"),
        ("ECBOT", "ZN", "CBOT"),
        ("DTB", "DAX", "EUREX"),
        ("SOFFEX", "SMI", "EUREX"),
        ("GLOBEX", "never heard of", "CME"),
        *(("NYMEX", metal, "COMEX") for metal in ("GC", "SI", "HG", "MGC", "QI")),
    ],
)
def test_an_old_code_gives_the_new_one(old: str, symbol: str, today: str) -> None:
    assert load_catalogue().current_exchange(old, symbol) == today


@one_case("symbol", ["CL", "NG", "PL", "PA", "never heard of"])
def test_nymex_stays_nymex_for_what_did_not_move(symbol: str) -> None:
    assert load_catalogue().current_exchange("NYMEX", symbol) == "NYMEX"


def test_every_product_of_the_table_stands_under_its_current_code() -> None:
    stale = [
        product
        for product in load_catalogue().products
        if load_catalogue().current_exchange(product.exchange, product.symbol) != product.exchange
    ]
    assert stale == []


def test_an_unknown_code_stays_as_it_is() -> None:
    assert load_catalogue().current_exchange("NOWHERE", "ES") == "NOWHERE"


def test_each_old_code_has_one_successor() -> None:
    old = [row["old"] for row in read_table("exchange_renames")]
    assert len(old) == len(set(old))


def test_a_symbol_that_was_replaced_gives_todays() -> None:
    renamed = load_catalogue().renamed_symbol("MXPP")
    assert renamed is not None
    assert (renamed.now, renamed.exchange, renamed.is_reused) == ("6M", "CME", False)


def test_a_symbol_that_was_never_replaced_is_not_renamed() -> None:
    assert load_catalogue().renamed_symbol("ES") is None


@one_case("row", list(read_table("symbol_renames")))
def test_each_replaced_symbol_leads_to_a_product_that_trades(row: dict[str, str]) -> None:
    catalogue = load_catalogue()
    assert row["exchange"] in {product.exchange for product in catalogue.known_as(row["now"])}
    names_a_product = any(
        product.symbol == row["old"] for product in catalogue.known_as(row["old"])
    )
    assert names_a_product == (row["reused"] == "true")
