"""Tick ladders shared by many contracts."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceIncrement:
    """From `low_edge` upwards (it may be negative) prices move in steps of `increment`."""

    low_edge: Decimal
    increment: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketRule:
    """A tick ladder as IBKR publishes it under a market rule id, lowest edge first."""

    market_rule_id: int
    increments: tuple[PriceIncrement, ...]

    @property
    def is_ladder(self) -> bool:
        """Whether there are steps, each from a higher edge on than the one before."""
        edges = [step.low_edge for step in self.increments]
        return bool(edges) and edges == sorted(set(edges))

    def quoted(self, price_magnifier: int | None) -> MarketRule:
        """The ladder in quoted prices, which are so many times those in currency units."""
        steps = (
            PriceIncrement(
                low_edge=other.low_edge * (price_magnifier or 1),
                increment=other.increment * (price_magnifier or 1),
            )
            for other in self.increments
        )
        return dataclasses.replace(self, increments=tuple(steps))
