"""What is known of exchanges by IBKR's codes: `exchanges.csv`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from ibkr_sync.catalogue.csv_tables import read_table


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeFacts:
    """An exchange.

    Attributes:
        mic: its market identifier code of ISO 10383; IBKR's codes are its own.
        calendar: the market whose holidays it keeps (see `BusinessCalendar`); None if unknown.
        source: who says so, as in `products.py`; `nautilus` is NautilusTrader's table of venues.
    """

    exchange: str
    mic: str
    calendar: str | None
    source: str


@cache
def exchange_facts() -> dict[str, ExchangeFacts]:
    """What is known of each exchange, by IBKR's code."""
    return {
        row["exchange"]: ExchangeFacts(
            exchange=row["exchange"],
            mic=row["mic"],
            calendar=row["calendar"] or None,
            source=row["source"],
        )
        for row in read_table("exchanges")
    }
