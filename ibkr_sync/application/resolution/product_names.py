"""What is known of the names in one question, within what its options leave open."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from ibkr_sync.application.resolution.likelier_products import likelier_by_name
from ibkr_sync.domain.entities.futures import ChainExtent, Future, Origin
from ibkr_sync.domain.errors import (
    AmbiguousProductError,
    ProductNotFoundError,
)
from ibkr_sync.domain.naming.known_products import KnownProduct, merge_known, stored_candidate
from ibkr_sync.domain.naming.limits import UNLIMITED, Limits
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.naming.word_meaning import meaning_of_series_class

if TYPE_CHECKING:
    from ibkr_sync.domain.entities.catalogue import CatalogueProduct
    from ibkr_sync.domain.naming.notices import ExchangeRenamedNotice
    from ibkr_sync.domain.naming.renaming import FormerName
    from ibkr_sync.domain.naming.stored_names import StoredNames
    from ibkr_sync.domain.ports.catalogue import ProductCatalogue
    from ibkr_sync.domain.ports.pins import Pin


class ProductNames:
    """Finds products by any of their names, in catalogue and database.

    Of the database those are given that the words of the question name; their chains are read
    only where a contract is looked for, or candidates are described. Stored copies of the
    catalogue are left out: their trading class may be a guess. So is what the catalogue still
    knows by a name that IBKR gave up.
    """

    def __init__(
        self,
        catalogue: ProductCatalogue,
        stored: Iterable[StoredNames],
        limits: Limits,
        now: datetime,
        *,
        former: Iterable[FormerName],
        read_chains: Callable[[], Iterable[Future]],
    ) -> None:
        self._catalogue = catalogue
        self._limits = limits
        self._now = now
        self._read_chains = read_chains
        real = [product for product in stored if product.origin is not Origin.CATALOGUE]
        self._stored = [KnownProduct.stored(product) for product in real]
        self._former = tuple(former)
        self._retired = {name.former for name in self._former} - {product.key for product in real}

    def without_limits(self) -> ProductNames:
        """The same where the options exclude nothing."""
        found = copy.copy(self)
        found._limits = UNLIMITED  # noqa: SLF001 - of the same class
        return found

    def of(self, word: str) -> tuple[KnownProduct, ...]:
        """Give the products that may have this name and are not excluded by the options."""
        words = filter(None, (word, meaning_of_series_class(word)))
        rows = (row for other in words for row in self._catalogue.known_as(other))
        catalogued = map(KnownProduct.catalogued, rows)
        current = (product for product in catalogued if product.key not in self._retired)
        found = [product for product in merge_known(current, self._stored) if self._admits(product)]
        still = {product.exchange for product in found if product.symbol == word}
        exchange = self.exchange_of(word)
        return tuple(
            product
            for product in found
            if product.symbol != word or exchange not in still or product.exchange == exchange
        )

    def chains(self) -> Iterator[tuple[Future, KnownProduct]]:
        """Give the stored products that are not excluded by the options, with their chains."""
        admitted = {known.key: known for known in self._stored if self._admits(known)}
        for product in self._read_chains() if admitted else ():
            if product.key in admitted:
                yield product, admitted[product.key]

    def ambiguous(self, word: str, products: Iterable[KnownProduct]) -> AmbiguousProductError:
        """Give the error that names the products which a word may mean, each once, by key."""
        found = {product.key: product.as_candidate() for product in products}
        stored = found.keys() & {known.key for known in self._stored}
        for product in self._read_chains() if stored else ():
            if product.key in stored:
                found[product.key] = stored_candidate(product, self._now)
        return AmbiguousProductError(word, [found[key] for key in sorted(found)])

    @property
    def name_class(self) -> bool:
        """Whether the options name a trading class, as a full name does."""
        return self._limits.trading_class is not None

    def leave(self, pin: Pin) -> bool:
        """Whether the options agree with a pin."""
        limits = self._limits
        return (
            self.exchange_of(pin.symbol, pin.trading_class) in (None, pin.exchange)
            and limits.trading_class in (None, pin.trading_class)
            and self._leaves_size(pin)
        )

    def _leaves_size(self, pin: Pin) -> bool:
        """Whether the multiplier asked for is the pin's, or one of its product if it has none."""
        if self._limits.multiplier is None or pin.multiplier is not None:
            return self._limits.multiplier in (None, pin.multiplier)
        return any(pin.names(product) for product in self.of(pin.symbol))

    def exchange_of(self, symbol: str, trading_class: str | None = None) -> str | None:
        """Today's code of the exchange that was asked for; None if none was.

        A code by which a product of the symbol, and of the class if one is given, is stored stays.
        """
        asked = self._limits.exchange
        if asked is None:
            return None
        current = self._catalogue.current_exchange(asked, symbol)
        own = trading_class or self._limits.trading_class
        for code in (asked, current):
            market = (symbol, code)
            if any(
                market == (product.symbol, product.exchange)
                and own in (None, product.trading_class)
                for product in self._stored
            ):
                return code
        for name in reversed(self._former):
            is_of_symbol = name.current.symbol == symbol and name.former.exchange in (
                asked,
                current,
            )
            if is_of_symbol and own in (
                None,
                name.former.trading_class,
                name.current.trading_class,
            ):
                return name.current.exchange
        return current

    def renamed_exchange(
        self, symbol: str, trading_class: str | None = None
    ) -> ExchangeRenamedNotice | None:
        """Note that the exchange that was asked for has another code today."""
        old, new = self._limits.exchange, self.exchange_of(symbol, trading_class)
        if not old or not new or old == new:
            return None
        from ibkr_sync.domain.naming.notices import ExchangeRenamedNotice

        return ExchangeRenamedNotice(old=old, new=new)

    def query(
        self,
        symbol: str,
        *,
        exchange: str | None = None,
        trading_class: str | None = None,
        multiplier: Decimal | None = None,
        con_id: int | None = None,
    ) -> FutureQuery:
        """Give the query for a symbol, with what the options say where nothing else is given."""
        return FutureQuery(
            symbol=symbol,
            exchange=exchange or self.exchange_of(symbol, trading_class),
            currency=self._limits.currency,
            trading_class=trading_class or self._limits.trading_class,
            multiplier=multiplier or self._limits.multiplier,
            con_id=con_id,
        )

    def query_of(self, product: KnownProduct) -> FutureQuery:
        """Give the query for one product and no other."""
        return self.query(
            product.symbol, exchange=product.exchange, trading_class=product.trading_class
        )

    def _admits(self, product: KnownProduct) -> bool:
        limits = self._limits
        return (
            self.exchange_of(product.symbol, product.trading_class) in (None, product.exchange)
            and limits.currency in (None, product.currency)
            and (limits.trading_class is None or self._may_be_of_class(product))
            and (limits.multiplier is None or self._may_be_of_size(product))
        )

    def _may_be_of_class(self, product: KnownProduct) -> bool:
        return product.trading_class in (None, self._limits.trading_class)

    def _may_be_of_size(self, product: KnownProduct) -> bool:
        return not product.sizes or self._limits.multiplier in product.sizes


def with_known_names(
    error: ProductNotFoundError,
    query: FutureQuery,
    catalogue: ProductCatalogue,
    names: ProductNames,
    *,
    pins: Iterable[Pin],
) -> ProductNotFoundError:
    """Add to the error what was asked for, and the products that this excludes or may be meant.

    If a pin excludes them, its word too. `names` is what is known within the limits of the query,
    `pins` are in today's names.
    """
    symbol = query.symbol
    admitted, known = names.of(symbol), names.without_limits().of(symbol)
    pin = _pin_of(query, pins)
    sizes = _sizes_of(pin, known) if pin else []
    is_outdated = pin is not None and pin.is_outdated(sizes)
    excluded = () if admitted else [product.key for product in known if product.symbol == symbol]
    similar = _similar(query, known, catalogue)
    fitting = (product for product in similar if query.exchange in (None, product.exchange))
    return type(error)(
        *(error.symbol, error.place, error.detail),
        exchange=query.exchange,
        currency=query.currency,
        trading_class=query.trading_class,
        multiplier=query.multiplier,
        con_id=query.con_id,
        known=excluded,
        suggestions=[KnownProduct.catalogued(product).as_candidate() for product in fitting],
        asked=error.asked,
        pinned=pin.word if pin and (is_outdated or error.asked is not None) else None,
        sizes=sizes if is_outdated else (),
    )


def _pin_of(query: FutureQuery, pins: Iterable[Pin]) -> Pin | None:
    """The pin that a query has its multiplier from."""
    if query.multiplier is None:
        return None
    place = (query.symbol, query.exchange, query.multiplier)
    found = (pin for pin in pins if place == (pin.symbol, pin.exchange, pin.multiplier))
    return next(found, None)


def _sizes_of(pin: Pin, known: Iterable[KnownProduct]) -> list[Decimal]:
    return sorted({size for product in known if pin.names(product) for size in product.sizes})


def _similar(
    query: FutureQuery, known: Collection[KnownProduct], catalogue: ProductCatalogue
) -> tuple[CatalogueProduct, ...]:
    """What may be meant where nothing has the name, or only what fewer people mean by it."""
    if query.con_id is not None:
        return ()
    if not known:
        return catalogue.suggested(query.symbol)
    is_stored = any(product.chain_extent is not ChainExtent.NOTHING for product in known)
    narrowed = (query.exchange, query.trading_class, query.currency, query.multiplier)
    if is_stored or any(given is not None for given in narrowed):
        return ()
    return likelier_by_name(query.symbol, catalogue)
