"""A small world of futures products, as IBKR would tell them, that changes from night to night."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from contracts import examples
from fakes.hours import sent_hours
from fakes.recordings import as_sent, last_trade_text, recording_of
from ibkr_sync.domain.entities.contracts import ContractMonth, FuturesContract, Venue
from ibkr_sync.domain.entities.futures import CommodityFuture, Future, IndexFuture, Underlying
from ibkr_sync.infrastructure.replay.recording import Recording

LETTERS = "FGHJKMNQUVXZ"


class Market:
    """What IBKR knows tonight; the products go by names that stay when IBKR renames them."""

    def __init__(self) -> None:
        self.products = {
            "E-mini": as_sent(examples.ES, category="index"),
            "DAX": as_sent(examples.DAX, category="index"),
            "Mini-DAX": as_sent(examples.DAX_MINI, category="index"),
            "Bund": _chain(BUND, [(2026, 12, 8), (2027, 3, 8), (2027, 6, 8)], first=700),
            "Coffee": _chain(COFFEE, [(2027, m, 18) for m in (3, 5, 7, 9, 12)], first=800),
            "Crude": _chain(CRUDE, _monthly(12, first=date(2026, 12, 21)), first=900),
        }
        self.hidden: set[int] = set()

    def recording(self, today: date) -> Recording:
        """What a gateway answers with; the hours roll on every day."""
        return recording_of(*(self._tonight(each, today) for each in self.products.values()))

    def list_contract(self, name: str, contract: FuturesContract) -> None:
        """List a new contract."""
        product = self.products[name]
        self.products[name] = dataclasses.replace(product, contracts=(*product.contracts, contract))

    def change(self, name: str, **fields: Any) -> None:
        """Change fields of a product and of all its contracts."""
        product = self.products[name]
        chain = tuple(dataclasses.replace(each, **fields) for each in product.contracts)
        self.products[name] = dataclasses.replace(product, **fields, contracts=chain)

    def move_to_exchange(self, name: str, exchange: str) -> None:
        """Call the exchange of a product otherwise; the former code means nothing any more."""
        venues = (Venue(exchange=exchange, market_rule_id=67), Venue(exchange="QBALGO"))
        product = dataclasses.replace(self.products[name], exchange=exchange)
        chain = (
            dataclasses.replace(each, exchange=exchange, venues=venues)
            for each in product.contracts
        )
        self.products[name] = dataclasses.replace(product, contracts=tuple(chain))

    def move_expiry(self, name: str, position: int, day: date) -> None:
        """Move the last trade of one contract to another day, at the same time of day."""
        chain = list(self.products[name].contracts)
        moved = chain[position]
        assert moved.last_trade_at is not None
        at = moved.last_trade_at + (day - moved.last_trade_date)
        moved = dataclasses.replace(
            moved, last_trade_date=day, last_trade_at=at, real_expiration_date=day
        )
        chain[position] = dataclasses.replace(moved, last_trade_text=last_trade_text(moved))
        self.products[name] = dataclasses.replace(self.products[name], contracts=tuple(chain))

    def _tonight(self, product: Future, today: date) -> Future:
        hours = ";".join(
            f"{day:%Y%m%d}:0800-{day:%Y%m%d}:1600"
            for day in (today + timedelta(days=number) for number in range(3))
        )
        zone = product.time_zone or ""
        schedule = sent_hours(hours, hours, time_zone_id=zone, zone=zone)
        chain = (
            dataclasses.replace(each, schedule=schedule)
            for each in product.contracts
            if each.con_id not in self.hidden
        )
        return dataclasses.replace(product, contracts=tuple(chain))


BUND = IndexFuture(
    symbol="GBL",
    exchange="EUREX",
    trading_class="FGBL",
    currency="EUR",
    name="Euro Bund (10 Year Bond)",
    underlying=Underlying(symbol="GBL", sec_type="IND", con_id=1704),
    multiplier=Decimal(1000),
    price_magnifier=1,
    min_tick=Decimal("0.01"),
    time_zone="Europe/Berlin",
)
COFFEE = CommodityFuture(
    symbol="KC",
    exchange="NYBOT",
    trading_class="KC",
    currency="USD",
    name='Coffee "C"',
    underlying=Underlying(symbol="KC", sec_type="IND", con_id=1805),
    multiplier=Decimal(37500),
    price_magnifier=100,
    min_tick=Decimal("0.0005"),
    time_zone="America/New_York",
)
CRUDE = CommodityFuture(
    symbol="CL",
    exchange="NYMEX",
    trading_class="CL",
    currency="USD",
    name="Light Sweet Crude Oil",
    underlying=Underlying(symbol="CL", sec_type="IND", con_id=1906),
    multiplier=Decimal(1000),
    price_magnifier=1,
    min_tick=Decimal("0.01"),
    time_zone="America/New_York",
)


def new_contract(product: Future, day: date, con_id: int) -> FuturesContract:
    """A contract of the product whose last trade is on a day, at 14:30 in its zone."""
    assert product.time_zone is not None
    at = datetime(day.year, day.month, day.day, 14, 30, tzinfo=ZoneInfo(product.time_zone))
    template = examples.quarterly(product, 0, con_id=con_id)
    contract = dataclasses.replace(
        template,
        local_symbol=f"{product.trading_class}{LETTERS[day.month - 1]}{day.year % 10}",
        last_trade_date=day,
        last_trade_at=at,
        contract_month=ContractMonth(day.year, day.month),
        real_expiration_date=day,
        aggregated_group=None,
        min_size=None,
        size_increment=None,
        suggested_size_increment=None,
    )
    return dataclasses.replace(contract, last_trade_text=last_trade_text(contract))


def _chain(product: Future, days: list[tuple[int, int, int]], *, first: int) -> Future:
    chain = (new_contract(product, date(*day), first + at) for at, day in enumerate(days))
    return dataclasses.replace(product, contracts=tuple(chain))


def _monthly(count: int, *, first: date) -> list[tuple[int, int, int]]:
    """The same day of so many months on end."""
    months = (first.year * 12 + first.month - 1 + number for number in range(count))
    return [(month // 12, month % 12 + 1, first.day) for month in months]
