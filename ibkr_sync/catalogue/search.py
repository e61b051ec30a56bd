"""Which products a person means by a word."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from ibkr_sync.domain.entities.catalogue import CatalogueProduct

_WORD = re.compile(r"[^\s,;()/]+")


def matches_search(product: CatalogueProduct, pattern: str) -> bool:
    """Whether the pattern is the product's symbol, exchange, class, code, type or label.

    Or in its name.

    Case doesn't matter. In codes and in the name as a whole, `*` and `?` stand for any
    characters; without them a word is looked for in the name, as a whole, so that `CL` is not
    found in "Class III milk", and several words as they stand.
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
        name,
        f"{product.symbol}@{product.exchange}",
        str(product.key),
    )
    if any(fnmatchcase(code.casefold(), wanted) for code in codes if code):
        return True
    return wanted in _WORD.findall(name) or (" " in wanted and wanted in name)
