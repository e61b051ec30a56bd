"""The products of the sample: what differs between them is a line in `products.csv`."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources

_ALGO_ROUTED = frozenset({"CBOT", "CME", "COMEX", "NYMEX"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleProduct:
    """One product as IBKR would describe it; prices and sizes are wire text.

    Attributes:
        number: fixes the conIds; never changed, never given to another product.
        ladder: market-rule steps, `increment` or `low edge:increment` from the lowest edge up.
        market_rule: id of the ladder; 67 and 32 are IBKR's own, from 9001 on they are ours.
        expiry_rule: a formula for its last trade dates, or a name of `expiry`.
        market: whose business days count, see `BusinessCalendar`.
        last_trade_time: `HH:MM` in the schedule's zone, or followed by the zone it is fixed in.
        schedule: name of a week of trading hours in `schedule`.
        listing: which months are listed, in the notation of `listing`.
        local_symbol: the form of its local symbols, see `local_symbols`.
    """

    number: int
    symbol: str
    exchange: str
    currency: str
    trading_class: str
    multiplier: str
    price_magnifier: str
    ladder: str
    market_rule: str
    under_sec_type: str
    expiry_rule: str
    market: str
    last_trade_time: str
    schedule: str
    listing: str
    local_symbol: str
    name: str

    @property
    def increments(self) -> tuple[tuple[str, str], ...]:
        """The ladder as (low edge, increment) pairs."""
        steps = (step.rpartition(":") for step in self.ladder.split())
        return tuple((low_edge or "0", increment) for low_edge, _, increment in steps)

    @property
    def min_tick(self) -> str:
        """The smallest increment, which IBKR sends at the lowest edge."""
        return self.increments[0][1]

    @property
    def valid_exchanges(self) -> tuple[str, ...]:
        """The listing exchange, and the algo route IBKR adds for CME Group."""
        return (self.exchange, "QBALGO") if self.exchange in _ALGO_ROUTED else (self.exchange,)


@cache
def sample_products() -> tuple[SampleProduct, ...]:
    """All products of the sample, in the order of the table."""
    table = resources.files(__package__).joinpath("products.csv").read_text(encoding="utf-8")
    return tuple(_product(row) for row in csv.DictReader(table.splitlines()))


def _product(row: dict[str, str]) -> SampleProduct:
    text = {name: value for name, value in row.items() if name != "number"}
    return SampleProduct(number=int(row["number"]), **text)
