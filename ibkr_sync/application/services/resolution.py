"""From what a person types to the product, and the contract of it, that is meant."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from ibkr_sync.application.services.current_names import with_current_names, with_current_symbols
from ibkr_sync.application.services.product_names import Limits, ProductNames, with_known
from ibkr_sync.domain.contract_choice import ContractWords, is_local_symbol
from ibkr_sync.domain.contract_words import ContractSpelling, DaySpelling, SymbolWords, parse_words
from ibkr_sync.domain.entities.futures import ProductKey
from ibkr_sync.domain.errors import AmbiguousProductError, ProductNotFoundError
from ibkr_sync.domain.known_products import KnownProduct
from ibkr_sync.domain.notices import (
    Notice,
    OtherContract,
    OtherProducts,
    SeriesOfProduct,
)
from ibkr_sync.domain.ports.catalogue import ProductCatalogue
from ibkr_sync.domain.ports.pins import Pin, PinPort
from ibkr_sync.domain.ports.stored_products import StoredProducts
from ibkr_sync.domain.renaming import FormerName
from ibkr_sync.domain.sync import FutureQuery
from ibkr_sync.domain.word_meaning import Meaning, Role, meaning_of, meaning_of_root

KNOWN_PLACES = "the catalogue or the database"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What a text means.

    Attributes:
        query: the product.
        contract: the contract of its chain; None when the whole product is meant.
        notices: what the user should know about how the text was taken.
        product: the one product it can be by what is known; None if several or none.
        exact: the query for that product and no other, as far as its trading class is known.
    """

    query: FutureQuery
    contract: ContractWords | None = None
    notices: tuple[Notice, ...] = ()
    product: ProductKey | None = None
    exact: FutureQuery | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    """A product that is named; `products` is what is known of it, or all that it may be."""

    query: FutureQuery
    products: tuple[KnownProduct, ...]
    notices: tuple[Notice, ...] = ()

    @property
    def product(self) -> ProductKey | None:
        """The product, if only one is known."""
        return self.products[0].key if len(self.products) == 1 else None

    @property
    def exact(self) -> FutureQuery | None:
        """The query for that product and no other."""
        return self.products[0].query if len(self.products) == 1 else None


class SymbolResolver:
    """Knows all the names that catalogue, database and the user's pins have for products.

    Of several readings the first that is known counts: a product by IBKR's symbol (or its pin),
    by trading class, by the exchange's code; a contract of such a product, or a stored one; and
    if nothing is known, the text as it stands. What else it could have been is told in
    notices; several products of the same rank are an error.
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
        *,
        exchange: str | None = None,
        currency: str | None = None,
        trading_class: str | None = None,
        source_decides: bool = False,
    ) -> Resolution:
        """Find out what is meant by a text and the options given with it.

        With `source_decides` a symbol that several products share is left open: the source is
        asked anyway, and what it offers is newer. Raises MalformedSymbolError,
        AmbiguousProductError or StorageError.
        """
        typed = parse_words(text)
        limits = Limits.parse(typed, exchange, currency, trading_class)
        words, renames = with_current_symbols(typed, self._catalogue)
        former = self._stored.find_former_names({words.text, *_roots(words)})
        words, retold = with_current_names(words, former, self._stored)
        asked = {words.text, *_roots(words)}
        pins = [self._of_today(each) for each in self._pins.all_pins() if each.word in asked]
        pinned = {pin.symbol for pin in pins}
        inquiry = _Inquiry(
            words=words,
            names=self._names(words, limits, former, local_symbol=text, also=pinned),
            pins={pin.word: pin for pin in pins},
            source_decides=source_decides,
        )
        meant = inquiry.as_product() or inquiry.as_contract() or inquiry.as_typed()
        return dataclasses.replace(meant, notices=renames + retold + meant.notices)

    def pin(
        self,
        text: str,
        *,
        exchange: str | None = None,
        currency: str | None = None,
        trading_class: str | None = None,
    ) -> Pin:
        """Keep what a word is to mean from now on.

        Raises MalformedSymbolError, ProductNotFoundError when nothing known fits,
        AmbiguousProductError when several products do, or StorageError.
        """
        words = parse_words(text)
        limits = Limits.parse(words, exchange, currency, trading_class)
        former = self._stored.find_former_names({words.text})
        words, _ = with_current_names(words, former, self._stored)
        names = self._names(words, limits, former, local_symbol=text)
        meaning = meaning_of(words.text, names.of(words.text))
        if meaning is None:
            query = names.query(words.text)
            error = ProductNotFoundError(words.text, KNOWN_PLACES)
            raise self.with_known(error, query)
        product = _only(words.text, meaning.products)
        pin = Pin(
            word=words.text,
            symbol=product.symbol,
            exchange=product.exchange,
            trading_class=product.trading_class or limits.trading_class,
        )
        self._pins.pin(pin)
        return pin

    def unpin(self, text: str) -> bool:
        """Forget a word's pin; tells whether there was one.

        Raises MalformedSymbolError or StorageError.
        """
        return self._pins.unpin(parse_words(text).text)

    def with_known(self, error: ProductNotFoundError, query: FutureQuery) -> ProductNotFoundError:
        """Add to the error what was asked for, and the products that this excludes."""
        stored = self._stored.find_named({query.symbol})
        return with_known(error, query, self._catalogue, stored, self._clock())

    def pins(self) -> tuple[Pin, ...]:
        """Give every pin, by word; raises StorageError."""
        return self._pins.all_pins()

    def _of_today(self, pin: Pin) -> Pin:
        """The pin by the name that its product has now, if IBKR gave up the one it was made by."""
        names = {pin.symbol, pin.trading_class or pin.symbol}
        keys = {
            each.current
            for each in self._stored.find_former_names(names)
            if _is_pinned(pin, each.former)
        }
        in_use = any(_is_pinned(pin, each.key) for each in self._stored.find_named(names))
        if len(keys) != 1 or in_use:
            return pin
        symbol, exchange, trading_class = keys.pop()
        return dataclasses.replace(
            pin, symbol=symbol, exchange=exchange, trading_class=trading_class
        )

    def _names(
        self,
        words: SymbolWords,
        limits: Limits,
        former: Iterable[FormerName],
        *,
        local_symbol: str,
        also: Iterable[str] = (),
    ) -> ProductNames:
        """What is known of the words; old local symbols are stored with their many blanks."""
        padded = local_symbol.partition("@")[0].strip().upper()
        stored = self._stored.find_named({words.text, padded, *_roots(words), *also})
        return ProductNames(self._catalogue, stored, limits, self._clock(), former)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Inquiry:
    """One question: its words, and what is known of them."""

    words: SymbolWords
    names: ProductNames
    pins: Mapping[str, Pin]
    source_decides: bool

    def as_product(self) -> Resolution | None:
        word = self.words.product
        if word is None:
            return None
        named = self._choose(word, meaning_of(word, self.names.of(word)))
        if named is None:
            return None
        also = tuple(
            OtherContract(word=word, spelling=each)
            for each in self.words.contracts
            if meaning_of(each.root, self.names.of(each.root))
        )
        notices = named.notices + also
        return Resolution(
            query=named.query, notices=notices, product=named.product, exact=named.exact
        )

    def as_contract(self) -> Resolution | None:
        text = self.words.text
        readings = list(self._spelled())
        readings += self._stored([named.query for _, named in readings])
        if len(readings) > 1:
            raise _ambiguous(text, (each for _, named in readings for each in named.products))
        if not readings:
            return None
        contract, named = readings[0]
        return Resolution(
            query=named.query,
            contract=contract,
            notices=named.notices,
            product=named.product,
            exact=named.exact,
        )

    def as_typed(self) -> Resolution:
        """What nobody knows, as it stands, for the source to make something of it."""
        words = self.words
        spelling = words.contracts[0] if words.product is None else None
        symbol = spelling.root if spelling else words.text
        contract = None
        if spelling or words.con_id is not None:
            contract = ContractWords(text=words.text, spelling=spelling, con_id=words.con_id)
        return Resolution(
            query=self.names.query(symbol, con_id=words.con_id),
            contract=contract,
            notices=self._exchange_notices(symbol),
        )

    def _spelled(self) -> Iterator[tuple[ContractWords, _Named]]:
        """The readings as a contract of a known product."""
        for spelling in self.words.contracts:
            root, known = spelling.root, self.names.of(spelling.root)
            meaning = meaning_of_root(root, known, is_code=_is_code(spelling))
            named = self._choose(root, meaning)
            if named is not None:
                yield ContractWords(text=self.words.text, spelling=spelling), named

    def _stored(self, covered: Iterable[FutureQuery]) -> Iterator[tuple[ContractWords, _Named]]:
        """The readings as conId or local symbol of a stored contract, of products not covered."""
        text, con_id = self.words.text, self.words.con_id
        for product, known in self.names.stored():
            named = _Named(query=self.names.query_of(known), products=(known,))
            if any(each.con_id == con_id for each in product.contracts):
                yield ContractWords(text=text, con_id=con_id), named
            elif any(is_local_symbol(each, text) for each in product.contracts) and not any(
                query.matches(product) for query in covered
            ):
                yield ContractWords(text=text), named

    def _choose(self, word: str, meaning: Meaning | None) -> _Named | None:
        """Choose the product that a word means; None when it means none."""
        pin = self.pins.get(word)
        if pin is not None and self.names.leave(pin):
            return self._pinned(pin)
        if meaning is None:
            return None
        first, *more = meaning.products
        shares_symbol = all(each.symbol == first.symbol for each in more)
        if more and not (self.source_decides and shares_symbol):
            raise _ambiguous(word, meaning.products)
        by_symbol = meaning.role is Role.SYMBOL
        return _Named(
            query=self.names.query(first.symbol) if by_symbol else self.names.query_of(first),
            products=meaning.products,
            notices=(*self._exchange_notices(first.symbol), *_notices(word, meaning)),
        )

    def _pinned(self, pin: Pin) -> _Named:
        known = self.names.of(pin.symbol)
        return _Named(
            query=self.names.query(
                pin.symbol, exchange=pin.exchange, trading_class=pin.trading_class
            ),
            products=tuple(each for each in known if pin.names(each)),
            notices=self._exchange_notices(pin.symbol),
        )

    def _exchange_notices(self, symbol: str) -> tuple[Notice, ...]:
        renamed = self.names.renamed_exchange(symbol)
        return () if renamed is None else (renamed,)


def _is_pinned(pin: Pin, key: ProductKey) -> bool:
    symbol, exchange, trading_class = key
    same_market = (pin.symbol, pin.exchange) == (symbol, exchange)
    return same_market and pin.trading_class in (None, trading_class)


def _roots(words: SymbolWords) -> set[str]:
    return {spelling.root for spelling in words.contracts}


def _is_code(spelling: ContractSpelling) -> bool:
    """Whether the spelling is as the exchanges write it, and not as people may."""
    return isinstance(spelling, DaySpelling) or spelling.year_digits == 1


def _notices(word: str, meaning: Meaning) -> Iterator[Notice]:
    taken = meaning.products[0].key
    if meaning.role is Role.SERIES_CLASS:
        yield SeriesOfProduct(word=word, product=taken)
    if meaning.others:
        yield OtherProducts(
            word=word, taken=taken, others=tuple(each.key for each in meaning.others)
        )


def _only(word: str, products: tuple[KnownProduct, ...]) -> KnownProduct:
    if len(products) > 1:
        raise _ambiguous(word, products)
    return products[0]


def _ambiguous(word: str, products: Iterable[KnownProduct]) -> AmbiguousProductError:
    by_key = {each.key: each for each in products}
    return AmbiguousProductError(word, [by_key[key].as_candidate() for key in sorted(by_key)])
