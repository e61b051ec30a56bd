"""Which products a person means by a word."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from ibkr_sync.domain.entities.catalogue import CatalogueProduct

_WORD = re.compile(r"\w+")


def matches(product: CatalogueProduct, pattern: str) -> bool:
    """Whether the pattern is the product's symbol, exchange, class, code or type, or in its name.

    Case doesn't matter, `*` and `?` stand for any characters. In the name a word is looked for
    as a whole, so that `CL` is not found in "Class III milk"; several words as they stand.
    """
    wanted = pattern.strip().casefold()
    name = (product.name or "").casefold()
    codes = (
        product.symbol,
        product.exchange,
        product.trading_class,
        product.exchange_code,
        product.asset_class.value,
        product.category,
    )
    words = (*(code.casefold() for code in codes if code), *_WORD.findall(name))
    if any(fnmatchcase(word, wanted) for word in words):
        return True
    return " " in wanted and wanted in name
