"""Products that more people mean by a word than those that have it for a name.

They are suggested and never taken. How many sources of the catalogue know a product stands for
how many people do.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ibkr_sync.domain.naming.spellings import ContractSpelling, MonthSpelling

if TYPE_CHECKING:
    from ibkr_sync.domain.entities.catalogue import CatalogueProduct
    from ibkr_sync.domain.ports.catalogue import ProductCatalogue


def likelier_by_name(word: str, catalogue: ProductCatalogue) -> tuple[CatalogueProduct, ...]:
    """Give what the word may be meant for, where the likeliest is a product that it is no name of.

    `GOLD` is a symbol in Osaka, and begins the name of the gold that most people trade. None
    where a product of this very name is as well known.
    """
    similar, named = catalogue.suggested(word), catalogue.known_as(word)
    begins_with_it = bool(similar) and (similar[0].name or "").casefold().startswith(
        word.casefold()
    )
    if not begins_with_it or not _is_better_known(similar[:1], named):
        return ()
    return tuple(dict.fromkeys((*similar, *named)))


def likelier_by_spelling(
    text: str, spelling: ContractSpelling, catalogue: ProductCatalogue
) -> tuple[CatalogueProduct, ...]:
    """Give the products that a contract may have been mistyped for, and then its own.

    `NQ6` is a contract of what the exchange calls `N`, and `NQZ6` without its month. None where
    the contract's own product is as well known, as with `ESM6`.
    """
    if not isinstance(spelling, MonthSpelling):
        return ()
    without_year = catalogue.known_as(text.rstrip("0123456789"))
    own = catalogue.known_as(spelling.root)
    if not _is_better_known(without_year, own):
        return ()
    return tuple(dict.fromkeys((*without_year, *own)))


def _is_better_known(some: Iterable[CatalogueProduct], others: Iterable[CatalogueProduct]) -> bool:
    most, most_of_others = (
        max((len(product.sources) for product in products), default=0)
        for products in (some, others)
    )
    return most > most_of_others
