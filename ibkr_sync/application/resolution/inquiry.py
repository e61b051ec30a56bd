"""Which of its readings a text is taken in, by what is known of its words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ibkr_sync.application.resolution.product_names import ProductNames, ambiguous_name
from ibkr_sync.application.resolution.symbol_resolution import SymbolResolution
from ibkr_sync.domain.entities.futures import ProductKey
from ibkr_sync.domain.naming.known_products import KnownProduct
from ibkr_sync.domain.naming.notices import (
    Notice,
    OtherContractNotice,
    OtherProductsNotice,
    SeriesNotice,
)
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.naming.spellings import ContractSpelling, DaySpelling, SymbolSpellings
from ibkr_sync.domain.naming.word_meaning import WordMeaning, WordRole, meaning_of, meaning_of_root
from ibkr_sync.domain.ports.pins import Pin
from ibkr_sync.domain.selection.contract_choice import ContractWords, is_choice_by_symbol


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """One question: its words, and what is known of them.

    Of several readings the first that is known counts: a product by IBKR's symbol (or its pin),
    by trading class, by the exchange's code; a contract of such a product, or a stored one; and
    if nothing is known, the text as it stands. What else it could have been is told in
    notices; several products of the same rank are an error.

    Attributes:
        words: the text, read in every way that it allows, in today's names.
        names: what is known of those words, within what the options leave open.
        pins: the user's pins of those words, in today's names.
        source_decides: whether a symbol that several products share may be left open.
    """

    words: SymbolSpellings
    names: ProductNames
    pins: Mapping[str, Pin]
    source_decides: bool

    def answer(self) -> SymbolResolution:
        """Give what is meant; raises AmbiguousProductError."""
        return self._as_product() or self._as_contract() or self._as_typed()

    def _as_product(self) -> SymbolResolution | None:
        word = self.words.product
        if word is None:
            return None
        named = self._choose(word, meaning_of(word, self.names.of(word)))
        if named is None:
            return None
        also = tuple(
            OtherContractNotice(word=word, spelling=each)
            for each in self.words.contracts
            if meaning_of(each.root, self.names.of(each.root))
        )
        notices = named.notices + also
        return SymbolResolution(
            query=named.query, notices=notices, product=named.product, exact=named.exact
        )

    def _as_contract(self) -> SymbolResolution | None:
        text = self.words.text
        readings = list(self._spelled())
        readings += self._stored([named.query for _, named in readings])
        if len(readings) > 1:
            raise ambiguous_name(text, (each for _, named in readings for each in named.products))
        if not readings:
            return None
        contract, named = readings[0]
        return SymbolResolution(
            query=named.query,
            contract=contract,
            notices=named.notices,
            product=named.product,
            exact=named.exact,
        )

    def _as_typed(self) -> SymbolResolution:
        """What nobody knows, as it stands, for the source to make something of it."""
        words = self.words
        spelling = words.contracts[0] if words.product is None else None
        symbol = spelling.root if spelling else words.text
        contract = None
        if spelling or words.con_id is not None:
            contract = ContractWords(text=words.text, spelling=spelling, con_id=words.con_id)
        return SymbolResolution(
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
            elif any(is_choice_by_symbol(each, text) for each in product.contracts) and not any(
                query.matches(product) for query in covered
            ):
                yield ContractWords(text=text), named

    def _choose(self, word: str, meaning: WordMeaning | None) -> _Named | None:
        """Choose the product that a word means; None when it means none."""
        pin = self.pins.get(word)
        if pin is not None and self.names.leave(pin):
            return self._pinned(pin)
        if meaning is None:
            return None
        first, *more = meaning.products
        shares_symbol = all(each.symbol == first.symbol for each in more)
        if more and not (self.source_decides and shares_symbol):
            raise ambiguous_name(word, meaning.products)
        by_symbol = meaning.role is WordRole.SYMBOL
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


def _is_code(spelling: ContractSpelling) -> bool:
    """Whether the spelling is as the exchanges write it, and not as people may."""
    return isinstance(spelling, DaySpelling) or spelling.year_digits == 1


def _notices(word: str, meaning: WordMeaning) -> Iterator[Notice]:
    taken = meaning.products[0].key
    if meaning.role is WordRole.SERIES_CLASS:
        yield SeriesNotice(word=word, product=taken)
    if meaning.others:
        yield OtherProductsNotice(
            word=word, taken=taken, others=tuple(each.key for each in meaning.others)
        )
