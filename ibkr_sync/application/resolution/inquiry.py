"""Which of its readings a text is taken in, by what is known of its words.

What only the reading as a contract needs is imported there: most texts are products.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ibkr_sync.application.resolution.product_names import ProductNames
from ibkr_sync.application.resolution.symbol_resolution import SymbolResolution
from ibkr_sync.domain.entities.futures import ChainExtent, ProductKey
from ibkr_sync.domain.naming.query import FutureQuery, QueryAlternative
from ibkr_sync.domain.naming.spellings import ContractSpelling, DaySpelling, SymbolSpellings
from ibkr_sync.domain.naming.word_meaning import WordMeaning, WordRole, meaning_of, meaning_of_root
from ibkr_sync.domain.selection.product_choice import most_stored

if TYPE_CHECKING:
    from ibkr_sync.domain.naming.known_products import KnownProduct
    from ibkr_sync.domain.naming.notices import Notice
    from ibkr_sync.domain.ports.pins import Pin
    from ibkr_sync.domain.selection.contract_choice import ContractWords


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """One question: its words, and what is known of them.

    Of several readings the first that is known counts: a product by IBKR's symbol (or its pin),
    by trading class, by the exchange's code; a contract of a pinned product, one that is in a
    stored chain, one of a product that is known; and if nothing is, the text as it stands. Of
    several products of the same rank the one of which most is stored is taken (see
    `most_stored`), else it is an error. Notices say what else the text could have been.

    Attributes:
        words: the text, read in every way that it allows, in today's names.
        names: what is known of those words, within what the options leave open.
        pins: the user's pins of those words, in today's names.
        source_decides: whether a symbol that several products share may be left open.
        stored_decides: whether of several products the one that is stored is taken.
    """

    words: SymbolSpellings
    names: ProductNames
    pins: Mapping[str, Pin]
    source_decides: bool = False
    stored_decides: bool = True

    def answer(self) -> SymbolResolution:
        """Give what the text names; raises AmbiguousProductError."""
        return self._as_product() or self._as_contract() or self._as_typed()

    def _as_product(self) -> SymbolResolution | None:
        word = self.words.product
        if word is None:
            return None
        meaning = meaning_of(word, self.names.of(word))
        found = self._pinned(word) or (self._known(word, meaning) if meaning else None)
        if found is None:
            return None
        return dataclasses.replace(found, notices=(*found.notices, *self._other_contracts(word)))

    def _other_contracts(self, word: str) -> Iterator[Notice]:
        for contract in self.words.contracts:
            if meaning_of(contract.root, self.names.of(contract.root)):
                from ibkr_sync.domain.naming.notices import OtherContractNotice

                yield OtherContractNotice(word=word, spelling=contract)

    def _as_contract(self) -> SymbolResolution | None:
        for spelling in self.words.contracts:
            pinned = self._pinned(spelling.root)
            if pinned is not None:
                return dataclasses.replace(pinned, contract=self._contract(spelling))
        return self._as_stored_contract() or self._as_possible_contract()

    def _as_stored_contract(self) -> SymbolResolution | None:
        """The contract that is in a stored chain, of whichever product that is."""
        held: dict[ProductKey, tuple[KnownProduct, SymbolResolution]] = {}
        for known, found in (*self._spelled_and_stored(), *self._named_and_stored()):
            held.setdefault(known.key, (known, found))
        if not held:
            return None
        chosen = self._only(self.words.text, [known for known, _ in held.values()])
        return held[chosen.key][1]

    def _as_possible_contract(self) -> SymbolResolution | None:
        """A contract of a product that is known, whether there is one or not."""
        readings = list(self._spelled())
        found = [
            dataclasses.replace(
                self._known(spelling.root, meaning), contract=self._contract(spelling)
            )
            for spelling, meaning in readings
        ]
        if len(found) > 1:
            products = (product for _, meaning in readings for product in meaning.products)
            raise self.names.ambiguous(self.words.text, products)
        return found[0] if found else None

    def _as_typed(self) -> SymbolResolution:
        """What nobody knows, as it stands, for the source to make something of it."""
        from ibkr_sync.domain.selection.contract_choice import ContractWords

        words = self.words
        spelling = words.contracts[0] if words.product is None else None
        symbol = spelling.root if spelling else words.text
        contract = None
        if spelling or words.con_id is not None:
            contract = ContractWords(text=words.text, spelling=spelling, con_id=words.con_id)
        query = self.names.query(symbol, con_id=words.con_id)
        roots = [other.root for other in words.contracts] if words.product else []
        alternatives = (self._as_local_symbol(), *map(self._as_symbol, roots))
        return SymbolResolution(
            query=dataclasses.replace(query, alternatives=alternatives),
            contract=contract,
            notices=self._exchange_notices(symbol),
        )

    def _spelled(self) -> Iterator[tuple[ContractSpelling, WordMeaning]]:
        """The readings as root and month or day, where the root is known."""
        for spelling in self.words.contracts:
            known = self.names.of(spelling.root)
            meaning = meaning_of_root(spelling.root, known, is_code=_is_code(spelling))
            if meaning is not None:
                yield spelling, meaning

    def _spelled_and_stored(self) -> Iterator[tuple[KnownProduct, SymbolResolution]]:
        """Those of them that are in a stored chain."""
        from ibkr_sync.domain.selection.contract_choice import holds_contract

        chains = {known.key: product for product, known in self.names.chains()}
        for spelling, meaning in self._spelled():
            words = self._contract(spelling)
            for known in meaning.products:
                chain = chains.get(known.key)
                if chain is not None and holds_contract(chain, words):
                    found = self._taken(spelling.root, meaning, known)
                    yield known, dataclasses.replace(found, contract=words)

    def _named_and_stored(self) -> Iterator[tuple[KnownProduct, SymbolResolution]]:
        """The readings as conId or local symbol of a stored contract."""
        from ibkr_sync.domain.selection.contract_choice import ContractWords, is_choice_by_symbol

        text, con_id = self.words.text, self.words.con_id
        for product, known in self.names.chains():
            contract = None
            if any(other.con_id == con_id for other in product.contracts):
                contract = ContractWords(text=text, con_id=con_id)
            elif any(is_choice_by_symbol(other, text) for other in product.contracts):
                contract = ContractWords(text=text)
            if contract is not None:
                yield known, self._resolution(known, contract=contract)

    def _pinned(self, word: str) -> SymbolResolution | None:
        pin = self.pins.get(word)
        if pin is None or not self.names.leave(pin):
            return None
        known = [other for other in self.names.of(pin.symbol) if pin.names(other)]
        sizes = {size for other in known for size in other.sizes}
        if self.names.name_class and pin.is_outdated(sizes):
            pin = dataclasses.replace(pin, multiplier=None)
        query = self.names.query(
            pin.symbol,
            exchange=pin.exchange,
            trading_class=pin.trading_class,
            multiplier=pin.multiplier,
        )
        return SymbolResolution(
            query=query,
            notices=self._exchange_notices(pin.symbol, pin.trading_class),
            product=known[0].key if len(known) == 1 else None,
            exact=known[0].query if len(known) == 1 else None,
        )

    def _known(self, word: str, meaning: WordMeaning) -> SymbolResolution:
        """The product that a word means; raises AmbiguousProductError."""
        first, *more = meaning.products
        is_settled = self.stored_decides and len(most_stored(meaning.products)) == 1
        shares_symbol = all(product.symbol == first.symbol for product in more)
        if more and self.source_decides and shares_symbol and not is_settled:
            return SymbolResolution(
                query=self.names.query(first.symbol), notices=self._exchange_notices(first.symbol)
            )
        return self._taken(word, meaning, self._only(word, meaning.products))

    def _only(self, word: str, products: Sequence[KnownProduct]) -> KnownProduct:
        left = most_stored(products) if self.stored_decides else products
        if len(left) > 1:
            raise self.names.ambiguous(word, products)
        return left[0]

    def _taken(self, word: str, meaning: WordMeaning, known: KnownProduct) -> SymbolResolution:
        """What it comes to that the word means one of these products.

        What only the catalogue knows does not narrow the question, but for what the word says.
        """
        notices = tuple(_notices(word, meaning, known))
        if known.chain_extent is not ChainExtent.NOTHING:
            is_open = meaning.role is WordRole.SYMBOL and len(meaning.products) == 1
            query = self.names.query(known.symbol) if is_open else None
            return self._resolution(known, query, notices)
        is_symbol = meaning.role is WordRole.SYMBOL
        query = self.names.query(
            known.symbol, trading_class=None if is_symbol else known.trading_class
        )
        alternatives = [self._as_symbol(word)] if word != known.symbol else []
        if alternatives or word != self.words.text:
            alternatives.append(self._as_local_symbol())
        query = dataclasses.replace(query, alternatives=tuple(alternatives))
        return self._resolution(known, query, notices)

    def _as_symbol(self, word: str) -> QueryAlternative:
        return QueryAlternative(query=self.names.query(word))

    def _as_local_symbol(self) -> QueryAlternative:
        word = self.words.typed
        return QueryAlternative(query=self.names.query(self.words.text), local_symbol=word)

    def _resolution(
        self,
        known: KnownProduct,
        query: FutureQuery | None = None,
        notices: tuple[Notice, ...] = (),
        contract: ContractWords | None = None,
    ) -> SymbolResolution:
        return SymbolResolution(
            query=query or self.names.query_of(known),
            contract=contract,
            notices=(*self._exchange_notices(known.symbol, known.trading_class), *notices),
            product=known.key,
            exact=known.query,
        )

    def _contract(self, spelling: ContractSpelling) -> ContractWords:
        from ibkr_sync.domain.selection.contract_choice import ContractWords

        return ContractWords(text=self.words.text, spelling=spelling)

    def _exchange_notices(
        self, symbol: str, trading_class: str | None = None
    ) -> tuple[Notice, ...]:
        renamed = self.names.renamed_exchange(symbol, trading_class)
        return () if renamed is None else (renamed,)


def _is_code(spelling: ContractSpelling) -> bool:
    """Whether the spelling is as the exchanges write it, and not as people may."""
    return isinstance(spelling, DaySpelling) or spelling.year_digits == 1


def _notices(word: str, meaning: WordMeaning, taken: KnownProduct) -> Iterator[Notice]:
    if meaning.role is WordRole.SERIES_CLASS:
        from ibkr_sync.domain.naming.notices import SeriesNotice

        yield SeriesNotice(word=word, product=taken.key)
    if meaning.role is WordRole.CATALOGUE_SYMBOL:
        from ibkr_sync.domain.naming.notices import CatalogueSymbolNotice

        yield CatalogueSymbolNotice(word=word, product=taken.key)
    others = tuple(
        other.key for other in (*meaning.products, *meaning.others) if other is not taken
    )
    if others:
        from ibkr_sync.domain.naming.notices import OtherProductsNotice

        yield OtherProductsNotice(word=word, taken=taken.key, others=others)
