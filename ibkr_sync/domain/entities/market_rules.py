"""Tick ladders shared by many contracts."""

from __future__ import annotations

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
