"""Contracts of one chain that differ in size: nothing chooses among them but the user."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import TypeVar

from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.errors import ProductNotFoundError

F = TypeVar("F", bound=Future)


def chain_of_size(product: F, multiplier: Decimal | None) -> F:
    """Give the product without the contracts that a multiplier decides against; None keeps all."""
    left_out = left_out_by_size(product, multiplier)
    chain = tuple(contract for contract in product.contracts if contract not in left_out)
    return dataclasses.replace(product, contracts=chain) if left_out else product


def left_out_by_size(product: Future, multiplier: Decimal | None) -> tuple[FuturesContract, ...]:
    """Give the contracts of another multiplier that equal, but for it, one that has this.

    A size decides among equals only: what differs by month (TTF) is no choice.
    """
    chosen = {
        _place(contract) for contract in product.contracts if contract.multiplier == multiplier
    }
    if multiplier is None or not chosen:
        return ()
    others = (contract for contract in product.contracts if contract.multiplier != multiplier)
    return tuple(other for other in others if _place(other) in chosen)


def refuse_other_size(past: Future, multiplier: Decimal | None) -> None:
    """Raise ProductNotFoundError where a product of the past had no contract of a multiplier."""
    if multiplier is not None and past.sizes and multiplier not in past.sizes:
        symbol, exchange, trading_class = past.key
        raise ProductNotFoundError(
            *(symbol, "what was known then"),
            exchange=exchange,
            trading_class=trading_class,
            multiplier=multiplier,
            known=[past.key],
        )


def differ_in_size_only(one: FuturesContract, other: FuturesContract) -> bool:
    """Whether class, month and date are the same, so that at most the size distinguishes two."""
    return _place(one) == _place(other)


def _place(contract: FuturesContract) -> tuple[object, ...]:
    return contract.trading_class, contract.contract_month, contract.last_trade_date
