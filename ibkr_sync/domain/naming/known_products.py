"""Products that are known to exist, by all the names that people have for them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Self

from ibkr_sync.domain.entities.catalogue import CatalogueProduct
from ibkr_sync.domain.entities.futures import ChainExtent, Future, Origin, ProductKey
from ibkr_sync.domain.errors import ProductCandidate
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.naming.stored_names import StoredNames


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownProduct:
    """A product as the catalogue or the database knows it.

    Attributes:
        trading_class: None when no source states it.
        exchange_code: the exchange's own code; None when it is the symbol or unknown.
        series_classes: classes of weekly and daily series that belong to the product.
        has_weeklies: whether weekly or daily contracts share the symbol.
        multiplier: the one that the catalogue states.
        sizes: the multipliers of its contracts, as far as they are known.
        chain_extent: how much of its chain is stored.
        catalogue_symbol: what the catalogue calls it, where IBKR has another symbol.
    """

    symbol: str
    exchange: str
    currency: str
    trading_class: str | None
    exchange_code: str | None = None
    series_classes: frozenset[str] = frozenset()
    has_weeklies: bool = False
    multiplier: Decimal | None = None
    sizes: frozenset[Decimal] = frozenset()
    name: str | None = None
    chain_extent: ChainExtent = ChainExtent.NOTHING
    catalogue_symbol: str | None = None

    @classmethod
    def catalogued(cls, row: CatalogueProduct) -> Self:
        """A product as the catalogue knows it."""
        return cls(
            symbol=row.symbol,
            exchange=row.exchange,
            currency=row.currency,
            trading_class=row.trading_class,
            exchange_code=row.exchange_code,
            has_weeklies=row.weekly_expiries,
            multiplier=row.multiplier,
            sizes=frozenset() if row.multiplier is None else frozenset({row.multiplier}),
            name=row.name,
        )

    @classmethod
    def stored(cls, product: StoredNames) -> Self:
        """A stored product."""
        symbol, exchange, trading_class = product.key
        return cls(
            symbol=symbol,
            exchange=exchange,
            currency=product.currency,
            trading_class=trading_class,
            series_classes=product.classes - {trading_class},
            sizes=product.sizes,
            name=product.name,
            chain_extent=product.chain_extent,
        )

    @property
    def key(self) -> ProductKey:
        """The product's identity; an unknown trading class is taken to be the symbol."""
        return ProductKey(self.symbol, self.exchange, self.trading_class or self.symbol)

    @property
    def query(self) -> FutureQuery:
        """The query for this product and no other, as far as its trading class is known."""
        return FutureQuery(
            symbol=self.symbol, exchange=self.exchange, trading_class=self.trading_class
        )

    def as_candidate(self) -> ProductCandidate:
        """What only the catalogue knows, as one of several products that may be meant."""
        return ProductCandidate(
            key=self.key,
            currency=self.currency,
            multiplier=self.multiplier,
            name=self.name,
            next_expiry=None,
            contract_count=None,
        )


def stored_candidate(product: Future, now: datetime) -> ProductCandidate:
    """A stored product as one of several that may be meant, at the aware instant `now`."""
    unexpired = product.unexpired(now)
    return ProductCandidate(
        key=product.key,
        currency=product.currency,
        multiplier=product.multiplier,
        name=product.name,
        next_expiry=min((contract.last_trade_date for contract in unexpired), default=None),
        contract_count=None if product.origin is Origin.CATALOGUE else len(unexpired),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RenamedSymbol:
    """A symbol that stood for another product once.

    Attributes:
        now: today's symbol of that product.
        is_reused: whether the old symbol names yet another product today.
        note: what happened, as a clause.
    """

    old: str
    now: str
    exchange: str
    is_reused: bool
    note: str


def merge_known(
    catalogued: Iterable[KnownProduct], stored: Iterable[KnownProduct]
) -> tuple[KnownProduct, ...]:
    """Each product once, by key: as it is stored, else as the catalogue has it.

    Exchange code and weeklies are the catalogue's to say. A catalogued product of unknown
    class is the stored one of its symbol and exchange. One whose class is stored on its exchange
    under another symbol is that one: what IBKR answered outranks the catalogue.
    """
    known = {product.key: product for product in stored}
    markets = {(pair.symbol, pair.exchange) for pair in known.values()}
    keys = {(pair.exchange, pair.trading_class): pair.key for pair in known.values()}
    for product in catalogued:
        key = keys.get((product.exchange, product.trading_class))
        if key is not None:
            known[key] = dataclasses.replace(
                known[key],
                exchange_code=product.exchange_code,
                has_weeklies=product.has_weeklies,
                catalogue_symbol=None if product.symbol == key.symbol else product.symbol,
            )
        elif product.trading_class is not None or (product.symbol, product.exchange) not in markets:
            known[product.key] = _of_every_size(known.get(product.key), product)
    return tuple(known[key] for key in sorted(known))


def _of_every_size(one: KnownProduct | None, other: KnownProduct) -> KnownProduct:
    """The product of two rows of the catalogue that no trading class distinguishes."""
    if one is None or one.multiplier == other.multiplier:
        return other
    sizes = one.sizes | other.sizes
    return dataclasses.replace(other, multiplier=None, sizes=sizes)
