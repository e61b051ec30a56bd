"""Exchange codes that IBKR replaced."""

from __future__ import annotations

import pytest

from ibkr_sync.catalogue import load_catalogue
from ibkr_sync.catalogue.exchange_codes import current_exchange
from ibkr_sync.catalogue.tables import read_table


@pytest.mark.parametrize(
    ("old", "symbol", "today"),
    [
        ("GLOBEX", "ES", "CME"),
        ("CMECRYPTO", "BRR", "CME"),
        ("ECBOT", "ZN", "CBOT"),
        ("DTB", "DAX", "EUREX"),
        ("SOFFEX", "SMI", "EUREX"),
        ("GLOBEX", "never heard of", "CME"),
        ("NYMEX", "GC", "COMEX"),
    ],
)
def test_an_old_code_gives_the_new_one(old: str, symbol: str, today: str) -> None:
    assert current_exchange(old, symbol) == today


@pytest.mark.parametrize("symbol", ["CL", "PL", "never heard of"])
def test_nymex_stays_nymex_for_what_did_not_move(symbol: str) -> None:
    assert current_exchange("NYMEX", symbol) == "NYMEX"


def test_every_product_of_the_table_stands_under_its_current_code() -> None:
    stale = [
        product
        for product in load_catalogue().products
        if current_exchange(product.exchange, product.symbol) != product.exchange
    ]
    assert stale == []


def test_an_unknown_code_stays_as_it_is() -> None:
    assert current_exchange("NOWHERE", "ES") == "NOWHERE"


def test_each_old_code_has_one_successor() -> None:
    old = [row["old"] for row in read_table("exchange_renames")]
    assert len(old) == len(set(old))
