"""Prices that are quoted in fractions of a point instead of decimals."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Final

from ibkr_sync.domain.entities.futures import ProductKey

_THIRTY_SECONDS: Final = 32
_EXCHANGE: Final = "CBOT"
_TREASURIES: Final = frozenset(("ZT", "ZF", "ZN", "TN", "ZB", "UB"))
_PARTS: Final = frozenset((1, 2, 4, 8))


def ticks_in_32nds(product: ProductKey, tick: Decimal | None) -> Fraction | None:
    """How many 32nds of a point a step of the quoted price is; None where prices are decimals.

    Only Treasury futures are quoted so: CBOT's rules give their prices in points, 32nds, and
    halves, quarters or eighths of these.
    """
    if tick is None or product.exchange != _EXCHANGE or product.trading_class not in _TREASURIES:
        return None
    parts = Fraction(tick) * _THIRTY_SECONDS
    return parts if parts > 0 and parts.denominator in _PARTS else None
