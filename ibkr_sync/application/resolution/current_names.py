"""Today's names in the place of those that IBKR gave up."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ibkr_sync.domain.naming.limits import Limits
    from ibkr_sync.domain.naming.notices import Notice
    from ibkr_sync.domain.naming.renaming import FormerName
    from ibkr_sync.domain.naming.spellings import SymbolSpellings
    from ibkr_sync.domain.ports.catalogue import ProductCatalogue
    from ibkr_sync.domain.ports.pins import Pin
    from ibkr_sync.domain.ports.stored_products import StoredProducts


def with_current_symbols(
    words: SymbolSpellings, catalogue: ProductCatalogue
) -> tuple[SymbolSpellings, tuple[Notice, ...]]:
    """Replace symbols that mean nothing any more, as the catalogue knows it."""
    asked = {word: catalogue.renamed_symbol(word) for word in _words_of(words)}
    renamed = {old: found for old, found in asked.items() if found is not None}
    if not renamed:
        return words, ()
    from ibkr_sync.domain.naming.notices import SymbolRenamedNotice

    now = {old: value.now for old, value in renamed.items() if not value.is_reused}
    notices = tuple(SymbolRenamedNotice(renamed=text) for text in renamed.values())
    return _replaced(words, now), notices


def with_current_names(
    words: SymbolSpellings, former: Iterable[FormerName], stored: StoredProducts
) -> tuple[SymbolSpellings, tuple[Notice, ...]]:
    """Replace former symbols and classes of stored products; what is in use again stays."""
    gone = {
        old: other
        for other in former
        for old, now in _changed_words(other)
        if old in _words_of(words)
    }
    if not gone:
        return words, ()
    from ibkr_sync.domain.naming.notices import ProductRenamedNotice

    in_use = {
        name
        for product in stored.find_names(gone.keys())
        for name in (product.key.symbol, product.key.trading_class)
    }
    left = {old: value for old, value in gone.items() if old not in in_use}
    now = {old: dict(_changed_words(value))[old] for old, value in left.items()}
    notices = dict.fromkeys(ProductRenamedNotice(name=text) for text in left.values())
    return _replaced(words, now), tuple(notices)


def limits_with_current_class(
    limits: Limits, former: Iterable[FormerName], stored: StoredProducts
) -> tuple[Limits, tuple[Notice, ...]]:
    """Replace a former class among the limits; what is in use again stays."""
    old = limits.trading_class
    gone = [
        name for name in former if old == name.former.trading_class != name.current.trading_class
    ]
    symbols = {name.current.symbol for name in gone}
    if not gone or old is None or _is_class_of(symbols, old, stored):
        return limits, ()
    from ibkr_sync.domain.naming.notices import ProductRenamedNotice

    *_, last = gone
    renamed = dataclasses.replace(limits, trading_class=last.current.trading_class)
    return renamed, (ProductRenamedNotice(name=last),)


def _is_class_of(symbols: Collection[str], trading_class: str, stored: StoredProducts) -> bool:
    return any(
        product.key.trading_class == trading_class and product.key.symbol in symbols
        for product in stored.find_names({trading_class})
    )


def pin_with_current_names(pin: Pin, stored: StoredProducts) -> Pin:
    """Give the pin by the name that its product has now, if IBKR gave up the one it names."""
    names = {pin.symbol, pin.trading_class or pin.symbol}
    keys = {name.current for name in stored.find_former_names(names) if pin.names(name.former)}
    in_use = any(pin.names(product.key) for product in stored.find_names(names))
    if len(keys) != 1 or in_use:
        return pin
    symbol, exchange, trading_class = keys.pop()
    return dataclasses.replace(pin, symbol=symbol, exchange=exchange, trading_class=trading_class)


def _words_of(words: SymbolSpellings) -> dict[str, None]:
    return dict.fromkeys([words.text, *(contract.root for contract in words.contracts)])


def _changed_words(name: FormerName) -> list[tuple[str, str]]:
    """What a symbol and a class were before, with what they are now; the symbol counts more."""
    changed = {name.former.trading_class: name.current.trading_class}
    changed[name.former.symbol] = name.current.symbol
    return [(old, now) for old, now in changed.items() if old != now]


def _replaced(words: SymbolSpellings, now: Mapping[str, str]) -> SymbolSpellings:
    return dataclasses.replace(
        words,
        text=now.get(words.text, words.text),
        product=words.product and now.get(words.product, words.product),
        contracts=tuple(
            dataclasses.replace(contract, root=now.get(contract.root, contract.root))
            for contract in words.contracts
        ),
    )
