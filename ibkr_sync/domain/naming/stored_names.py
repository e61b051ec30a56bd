"""What a stored product is called, without its chain."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from ibkr_sync.domain.entities.futures import AssetClass, ChainExtent, Future, Origin, ProductKey


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredNames:
    """The names and sizes of a stored product: what tells it from others.

    A chain has dozens of contracts of the same class and size, so these are read without it.

    Attributes:
        classes: the trading classes of its contracts.
        sizes: as `Future.sizes`.
        chain_extent: how much of its chain is stored.
    """

    key: ProductKey
    asset_class: AssetClass
    currency: str
    name: str | None
    origin: Origin
    classes: frozenset[str]
    sizes: frozenset[Decimal]
    chain_extent: ChainExtent

    @classmethod
    def of(cls, product: Future) -> Self:
        """Those of a product whose chain is there."""
        return cls(
            key=product.key,
            asset_class=product.asset_class,
            currency=product.currency,
            name=product.name,
            origin=product.origin,
            classes=frozenset(contract.trading_class for contract in product.contracts),
            sizes=product.sizes,
            chain_extent=product.chain_extent,
        )
