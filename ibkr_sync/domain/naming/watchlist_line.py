"""A line of a list of products that is imported into the watchlist."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchlistLine:
    """A product as a line names it; `number` counts lines from 1.

    `is_guessed` says that the line may be something else than a list of products, so that each
    must be one that is known.
    """

    number: int
    symbol: str
    exchange: str | None = None
    trading_class: str | None = None
    currency: str | None = None
    multiplier: Decimal | None = None
    group: str | None = None
    is_guessed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchlistLineProblem:
    """What is wrong with a line."""

    number: int
    message: str

    def __str__(self) -> str:
        return f"line {self.number}: {self.message}"
