"""Which of the products that a query matches is meant: one, or an error that lists them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar, cast

from ibkr_sync.domain.entities.futures import Future, covered_asset_classes
from ibkr_sync.domain.errors import (
    AmbiguousProductError,
    AssetClassMismatchError,
    ProductNotFoundError,
)
from ibkr_sync.domain.naming.known_products import KnownProduct
from ibkr_sync.domain.naming.query import FutureQuery

F = TypeVar("F", bound=Future)


def choose_product(
    query: FutureQuery, matching: Sequence[Future], entity: type[F], *, place: str, now: datetime
) -> F:
    """Give the one matching product that `entity` covers; never pick one of several.

    `place` is where was looked, `now` an aware instant. Raises ProductNotFoundError when
    nothing matches, AssetClassMismatchError when only products of other asset classes do,
    AmbiguousProductError when several remain.
    """
    covered = covered_asset_classes(entity)
    meant = [product for product in matching if product.asset_class in covered]
    if not matching:
        raise ProductNotFoundError(query.symbol, place)
    if not meant:
        raise AssetClassMismatchError(query.symbol, matching[0].asset_class)
    if len(meant) > 1:
        candidates = [KnownProduct.stored(product, now).as_candidate() for product in meant]
        raise AmbiguousProductError(query.symbol, sorted(candidates, key=lambda each: each.key))
    return cast("F", meant[0])
