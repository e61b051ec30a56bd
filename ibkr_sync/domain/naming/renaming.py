"""When a product that looks new is a stored one under another name.

IBKR renames symbols, exchanges and trading classes now and then; the conIds of the contracts
and of the underlying stay.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from ibkr_sync.domain.entities.futures import Future, ProductKey

P = TypeVar("P", bound=Future)


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerName:
    """What a stored product was called until IBKR's new name for it was seen."""

    former: ProductKey
    current: ProductKey
    until: datetime


def renamed_product(received: Future, stored: Iterable[P], now: datetime) -> P | None:
    """Give the stored product that the received one, of a key not stored yet, was before.

    It is the one that most of the received contracts are known from, if they are most of what
    it still lists at the aware instant `now` too; less is a move of contracts from one product
    to another. A different underlying makes it another product.
    """
    con_ids = {contract.con_id for contract in received.contracts}
    for product in stored:
        listed = {contract.con_id for contract in product.unexpired(now)}
        shared = con_ids & {contract.con_id for contract in product.contracts}
        covers_both = 2 * len(shared) > len(con_ids) and 2 * len(shared & listed) > len(listed)
        if covers_both and _may_share_underlying(received, product):
            return product
    return None


def _may_share_underlying(one: Future, other: Future) -> bool:
    ids = {product.underlying.con_id for product in (one, other) if product.underlying} - {None}
    return len(ids) <= 1
