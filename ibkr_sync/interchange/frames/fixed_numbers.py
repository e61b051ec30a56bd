"""Numbers as columns with a fixed count of decimal places hold them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from typing import Final

from ibkr_sync.domain.errors import FrameError

PRECISION: Final = 38
"""Digits of a number, of which `SCALE` stand after the point."""

SCALE: Final = 18

_CONTEXT: Final = Context(prec=PRECISION, rounding=ROUND_HALF_EVEN)
_LAST_PLACE: Final = Decimal(1).scaleb(-SCALE)


def fixed_numbers(name: str, values: Iterable[object]) -> list[Decimal | None]:
    """The Decimals of a column, to 18 places, and None; raises FrameError for those too large."""
    numbers = [value if isinstance(value, Decimal) else None for value in values]
    fixed = {number: _fixed(name, number) for number in set(numbers) if number is not None}
    return [None if number is None else fixed[number] for number in numbers]


def _fixed(name: str, number: Decimal) -> Decimal:
    try:
        return number.quantize(_LAST_PLACE, context=_CONTEXT)
    except InvalidOperation as error:
        raise FrameError(f"{name} {number:.6E} has more than {PRECISION - SCALE} digits") from error
