"""Which of several products a name stands for: one, or an error that lists them.

Of products that share a name, the one of which most is stored is taken: the whole chain of a
product, or else single contracts, outrank what only the catalogue knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, TypeVar, cast

from ibkr_sync.domain.entities.futures import ChainExtent, Future, covered_asset_classes
from ibkr_sync.domain.errors import (
    AmbiguousProductError,
    AssetClassMismatchError,
    ProductNotFoundError,
)
from ibkr_sync.domain.naming.known_products import stored_candidate
from ibkr_sync.domain.naming.query import FutureQuery

F = TypeVar("F", bound=Future)


class _Product(Protocol):
    @property
    def chain_extent(self) -> ChainExtent: ...


P = TypeVar("P", bound=_Product)


def most_stored(products: Sequence[P]) -> tuple[P, ...]:
    """Give the products of which no less is stored than of any other."""
    most = max((product.chain_extent for product in products), default=ChainExtent.NOTHING)
    return tuple(product for product in products if product.chain_extent is most)


def choose_product(
    query: FutureQuery, matching: Sequence[Future], entity: type[F], *, place: str, now: datetime
) -> F:
    """Give the one matching product that `entity` covers; never pick one of equals.

    `place` is where was looked, `now` an aware instant. Raises ProductNotFoundError when
    nothing matches, AssetClassMismatchError when only products of other asset classes do,
    AmbiguousProductError when several remain.
    """
    covered = covered_asset_classes(entity)
    own = [product for product in matching if product.asset_class in covered]
    if not matching:
        raise ProductNotFoundError(query.symbol, place)
    if not own:
        raise AssetClassMismatchError(query.symbol, matching[0].asset_class)
    left = most_stored(own)
    if len(left) > 1:
        candidates = [stored_candidate(product, now) for product in own]
        raise AmbiguousProductError(query.symbol, sorted(candidates, key=lambda item: item.key))
    return cast("F", left[0])
