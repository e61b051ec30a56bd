"""Contracts of one chain that differ in size: nothing chooses among them but the user."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import TypeVar

from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import Future

F = TypeVar("F", bound=Future)


def chain_of_size(product: F, multiplier: Decimal | None) -> F:
    """Give the product with the contracts of this multiplier alone; None leaves it as it is."""
    if multiplier is None:
        return product
    chain = tuple(each for each in product.contracts if each.multiplier == multiplier)
    return dataclasses.replace(product, contracts=chain, multiplier=multiplier)


def differ_in_size_only(one: FuturesContract, other: FuturesContract) -> bool:
    """Whether class, month and date are the same, so that at most the size tells two apart."""
    places = {
        (each.trading_class, each.contract_month, each.last_trade_date) for each in (one, other)
    }
    return len(places) == 1
