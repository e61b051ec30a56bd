"""Which products a word that is no name of any may be meant for: only to be suggested.

`vendor_roots.csv` has what data vendors and other brokers call products, from general knowledge;
no root in it is a name that IBKR or an exchange has for a product.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from ibkr_sync.catalogue.csv_tables import read_table
from ibkr_sync.domain.entities.catalogue import CatalogueProduct

MOST_SUGGESTIONS = 5
_WORD = re.compile(r"[^\W_]+")


@cache
def _vendor_roots() -> dict[str, tuple[str, str]]:
    return {row["root"]: (row["symbol"], row["exchange"]) for row in read_table("vendor_roots")}


def suggestions(products: Iterable[CatalogueProduct], word: str) -> tuple[CatalogueProduct, ...]:
    """Give the active products that a vendor calls so, then those with the word in their name.

    Those come first whose name begins with it, then those that most sources know. Not more than
    a person looks through.
    """
    active = [product for product in products if product.active]
    found = dict.fromkeys((*_by_root(active, word), *_by_name(active, word)))
    return tuple(found)[:MOST_SUGGESTIONS]


def _by_root(products: Iterable[CatalogueProduct], word: str) -> Iterator[CatalogueProduct]:
    market = _vendor_roots().get(word.upper())
    return (product for product in products if (product.symbol, product.exchange) == market)


def _by_name(products: Iterable[CatalogueProduct], word: str) -> list[CatalogueProduct]:
    wanted = _WORD.findall(word.casefold())
    if not wanted or len("".join(wanted)) <= 1:
        return []
    fitting = []
    for product in products:
        name = _WORD.findall((product.name or "").casefold())
        if set(wanted) <= set(name):
            fitting.append((name[: len(wanted)] != wanted, -len(product.sources), product))
    return [value for *_, value in sorted(fitting, key=lambda item: item[:2])]
