"""Which of the known products a word means: pure rules, and never a silent choice.

An IBKR symbol outranks a trading class, and that the class of a weekly series and the
exchange's own code: `ZS` is the soybeans that IBKR calls so, not the zinc that the LME does. Last
comes what the catalogue calls a product for which IBKR has another symbol.
Within one rank there may be several products; choosing among them is not for here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from ibkr_sync.domain.naming.known_products import KnownProduct

_WEEK_CLASS = re.compile(r"(?P<base>.+)(?:0[1-9]|[1-4][0-9]|5[0-3])")


class WordRole(IntEnum):
    """What a word is to a product, the higher rank first."""

    SYMBOL = 1
    TRADING_CLASS = 2
    SERIES_CLASS = 3
    EXCHANGE_CODE = 4
    CATALOGUE_SYMBOL = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class WordMeaning:
    """The products that a word means, and those that it means by a lower rank."""

    role: WordRole
    products: tuple[KnownProduct, ...]
    others: tuple[KnownProduct, ...] = ()


def meaning_of_series_class(word: str) -> str | None:
    """The trading class of the product to which a class like `VX48` may belong, else None."""
    match = _WEEK_CLASS.fullmatch(word)
    return match["base"] if match else None


def role_of_word(word: str, product: KnownProduct) -> WordRole | None:
    """What the word is to the product; None if it is nothing."""
    if word == product.symbol:
        return WordRole.SYMBOL
    if word == product.trading_class:
        return WordRole.TRADING_CLASS
    is_weekly = product.has_weeklies and meaning_of_series_class(word) == product.trading_class
    if word in product.series_classes or is_weekly:
        return WordRole.SERIES_CLASS
    if word == product.exchange_code:
        return WordRole.EXCHANGE_CODE
    return WordRole.CATALOGUE_SYMBOL if word == product.catalogue_symbol else None


def meaning_of(word: str, known: Iterable[KnownProduct]) -> WordMeaning | None:
    """Give the products of the highest rank that the word has among those known."""
    ranked: dict[WordRole, list[KnownProduct]] = {}
    for product in known:
        role = role_of_word(word, product)
        if role is not None:
            ranked.setdefault(role, []).append(product)
    if not ranked:
        return None
    best = min(ranked)
    others = (other for role in sorted(ranked) if role != best for other in ranked[role])
    return WordMeaning(role=best, products=tuple(ranked[best]), others=tuple(others))


def meaning_of_root(
    word: str, known: Iterable[KnownProduct], *, is_code: bool
) -> WordMeaning | None:
    """The same for the root of a contract, where symbol and class have the same rank.

    `is_code` says that it is part of an exchange's code, as `SI` is in `SIZ6`. Exchanges build
    these from the trading class, so of products that share a symbol the one of this class is
    meant; in `SI 202612` each of them may be.
    """
    found = meaning_of(word, known)
    if found is None or found.role is not WordRole.SYMBOL:
        return found
    of_class = tuple(product for product in found.products if product.trading_class == word)
    elsewhere = tuple(other for other in found.others if other.trading_class == word)
    rest = tuple(other for other in found.others if other not in elsewhere)
    if is_code and len(found.products) > 1 and len(of_class) == 1 and not elsewhere:
        return WordMeaning(role=WordRole.TRADING_CLASS, products=of_class, others=rest)
    return WordMeaning(role=found.role, products=found.products + elsewhere, others=rest)
