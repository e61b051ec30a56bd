"""From what a person types to the product, and the contract of it, that it names."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from ibkr_sync.application.resolution.current_names import (
    limits_with_current_class,
    pin_with_current_names,
    with_current_names,
    with_current_symbols,
)
from ibkr_sync.application.resolution.inquiry import Inquiry
from ibkr_sync.application.resolution.likelier_products import likelier_by_spelling
from ibkr_sync.application.resolution.product_names import (
    ProductNames,
    with_known_names,
)
from ibkr_sync.domain.errors import (
    AmbiguousProductError,
    MalformedSymbolError,
    NotPinnedError,
    ProductCandidate,
    ProductNotFoundError,
    UnknownExchangeError,
)
from ibkr_sync.domain.naming.known_products import KnownProduct
from ibkr_sync.domain.naming.limits import UNLIMITED, Limits
from ibkr_sync.domain.naming.spellings import (
    SymbolSpellings,
    parse_exchange_spelling,
    parse_spellings,
)
from ibkr_sync.domain.naming.word_meaning import meaning_of
from ibkr_sync.domain.ports.pins import Pin, PinPort

if TYPE_CHECKING:
    from ibkr_sync.application.resolution.symbol_resolution import SymbolResolution
    from ibkr_sync.domain.naming.notices import Notice
    from ibkr_sync.domain.naming.query import FutureQuery
    from ibkr_sync.domain.naming.renaming import FormerName
    from ibkr_sync.domain.ports.catalogue import ProductCatalogue
    from ibkr_sync.domain.ports.stored_products import StoredProducts

KNOWN_PLACES = "the catalogue or the database"


class SymbolResolver:
    """Knows all the names that catalogue, database and the user's pins have for products.

    It gathers what is known of the words that are asked for; `Inquiry` chooses their reading.
    """

    def __init__(
        self,
        catalogue: ProductCatalogue,
        pins: PinPort,
        stored: StoredProducts,
        clock: Callable[[], datetime],
    ) -> None:
        self._catalogue = catalogue
        self._pins = pins
        self._stored = stored
        self._clock = clock

    def resolve(
        self,
        text: str,
        limits: Limits = UNLIMITED,
        *,
        source_decides: bool = False,
        stored_decides: bool = True,
    ) -> SymbolResolution:
        """Find out what a text names within the limits given with it.

        With `source_decides` a symbol that several products share is left open: the source is
        asked anyway, and what it offers is newer; but one of them that is stored decides, unless
        `stored_decides` is False. Raises MalformedSymbolError,
        AmbiguousProductError or StorageError.
        """
        typed = parse_spellings(text)
        limits = limits.joined(typed)
        words, renames = with_current_symbols(typed, self._catalogue)
        former = self._stored.find_former_names({words.text, *_roots(words)})
        words, renamed = with_current_names(words, former, self._stored)
        limits, also = limits_with_current_class(limits, former, self._stored)
        asked = {words.text, *_roots(words)}
        kept = [other for other in self._pins.all_pins() if other.word in asked]
        pins = [pin_with_current_names(other, self._stored) for other in kept]
        pinned = {pin.symbol for pin in pins}
        inquiry = Inquiry(
            words=words,
            names=self._names(words, limits, former, also=pinned),
            pins={pin.word: pin for pin in pins},
            source_decides=source_decides,
            stored_decides=stored_decides,
        )
        resolved = inquiry.answer()
        foreign: tuple[Notice, ...] = ()
        if typed.is_continuous:
            from ibkr_sync.domain.naming.notices import ContinuousNotice

            foreign = (ContinuousNotice(word=text.strip()),)
        return dataclasses.replace(
            resolved,
            notices=(*foreign, *renames, *dict.fromkeys((*renamed, *also)), *resolved.notices),
        )

    def look_up(self, texts: Iterable[str]) -> None:
        """Read what is stored of many texts at once, so that a snapshot has it for each of them.

        Raises StorageError.
        """
        words: set[str] = set()
        for text in texts:
            with suppress(MalformedSymbolError):  # which is said when it is resolved
                words |= self._words_of(parse_spellings(text))
        self._stored.find_names(words)

    def resolve_past(self, text: str, limits: Limits = UNLIMITED) -> SymbolResolution:
        """Find out what is meant of what was: its contracts may have been of another size.

        Raises as `resolve`.
        """
        found = self.resolve(text, limits)
        if found.product is not None or limits.multiplier is None:
            return found
        found = self.resolve(text, dataclasses.replace(limits, multiplier=None))
        query = dataclasses.replace(found.query, multiplier=limits.multiplier)
        return dataclasses.replace(found, query=query)

    def pin(self, text: str, limits: Limits = UNLIMITED) -> Pin:
        """Keep what a word is to mean from now on.

        Raises MalformedSymbolError, ProductNotFoundError when nothing known fits,
        AmbiguousProductError when several products do, or StorageError.
        """
        words = parse_spellings(text)
        limits = limits.joined(words)
        former = self._stored.find_former_names({words.text})
        words, _ = with_current_names(words, former, self._stored)
        limits, _ = limits_with_current_class(limits, former, self._stored)
        names = self._names(words, limits, former)
        meaning = meaning_of(words.text, names.of(words.text))
        if meaning is None:
            query = names.query(words.text)
            error = ProductNotFoundError(words.text, KNOWN_PLACES)
            raise self.with_known(error, query)
        product, *others = meaning.products
        if others:
            raise names.ambiguous(words.text, meaning.products)
        pin = Pin(
            word=words.text,
            symbol=product.symbol,
            exchange=product.exchange,
            trading_class=product.trading_class or limits.trading_class,
            multiplier=limits.multiplier,
        )
        self._pins.pin(pin)
        return pin

    def unpin(self, text: str) -> None:
        """Forget a word's pin; raises NotPinnedError, MalformedSymbolError or StorageError."""
        word = parse_spellings(text).text
        if not self._pins.unpin(word):
            raise NotPinnedError(word, [pin.word for pin in self.pins()])

    def exchange(self, text: str, stored: Collection[str]) -> str:
        """Give today's code of an exchange that catalogue or database know, as `stored` has it.

        Raises MalformedSymbolError, or UnknownExchangeError with codes that may be meant.
        """
        typed = parse_exchange_spelling(text)
        known = {*stored, *self._catalogue.known_exchanges()}
        code = typed if typed in known else self._catalogue.current_exchange(typed, "")
        if code not in known:
            from difflib import get_close_matches  # only where something is wrong

            raise UnknownExchangeError(typed, get_close_matches(typed, sorted(known), n=3))
        return code

    def with_known(self, error: ProductNotFoundError, query: FutureQuery) -> ProductNotFoundError:
        """Add to the error what was asked for, and the products that this excludes."""
        limits = Limits(
            exchange=query.exchange,
            currency=query.currency,
            trading_class=query.trading_class,
            multiplier=query.multiplier,
        )
        names = self._names_of({query.symbol}, limits, ())
        pins = [pin_with_current_names(pin, self._stored) for pin in self._pins.all_pins()]
        return with_known_names(error, query, self._catalogue, names, pins=pins)

    def likelier(self, found: SymbolResolution) -> tuple[ProductCandidate, ...]:
        """Give the products that a contract may have been mistyped for (see `likelier_products`).

        None where the contract is in a stored chain. Raises StorageError.
        """
        words = found.contract
        if words is None or words.spelling is None:
            return ()
        from ibkr_sync.domain.selection.contract_choice import holds_contract

        stored = self._stored.find_named({found.query.symbol})
        if any(holds_contract(product, words) for product in stored):
            return ()
        rows = likelier_by_spelling(words.text, words.spelling, self._catalogue)
        return tuple(KnownProduct.catalogued(row).as_candidate() for row in rows)

    def can_pin(self, error: AmbiguousProductError) -> bool:
        """Whether a pin of the symbol may be of each of the candidates; raises StorageError."""
        try:
            words = parse_spellings(error.symbol)
        except MalformedSymbolError:
            return False
        known = {product.key for product in self._names(words, UNLIMITED, ()).of(words.text)}
        return known.issuperset(candidate.key for candidate in error.candidates)

    def pins(self) -> tuple[Pin, ...]:
        """Give every pin, by word; raises StorageError."""
        return self._pins.all_pins()

    def _names(
        self,
        words: SymbolSpellings,
        limits: Limits,
        former: Iterable[FormerName],
        also: Iterable[str] = (),
    ) -> ProductNames:
        """What is known of the words; old local symbols are stored with their many blanks.

        What is stored may have the class of a product that the catalogue calls otherwise.
        """
        return self._names_of(self._words_of(words, also), limits, former)

    def _names_of(
        self, words: Collection[str], limits: Limits, former: Iterable[FormerName]
    ) -> ProductNames:
        return ProductNames(
            self._catalogue,
            self._stored.find_names(words),
            limits,
            self._clock(),
            former=former,
            read_chains=partial(self._stored.find_named, words),
        )

    def _words_of(self, words: SymbolSpellings, also: Iterable[str] = ()) -> set[str]:
        asked = {words.text, words.typed, *_roots(words), *also}
        rows = (row for other in asked for row in self._catalogue.known_as(other))
        return asked | {row.trading_class for row in rows if row.trading_class is not None}


def _roots(words: SymbolSpellings) -> set[str]:
    return {spelling.root for spelling in words.contracts}
