"""The products of the simulated month, as they are on its first night."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from contracts import examples
from fakes.recordings import as_sent, last_trade_text
from ibkr_sync.domain.entities.contracts import ContractMonth, FuturesContract
from ibkr_sync.domain.entities.futures import CommodityFuture, Future, IndexFuture, Underlying

LETTERS = "FGHJKMNQUVXZ"

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


VOLATILITY = IndexFuture(
    symbol="VIX",
    exchange="CFE",
    trading_class="VX",
    currency="USD",
    name="CBOE Volatility Index",
    underlying=Underlying(symbol="VIX", sec_type="IND", con_id=2007),
    multiplier=Decimal(1000),
    price_magnifier=1,
    min_tick=Decimal("0.05"),
    time_zone="America/Chicago",
)
URANIUM = CommodityFuture(
    symbol="UX",
    exchange="NYMEX",
    trading_class="UX",
    currency="USD",
    name="Uranium",
    underlying=Underlying(symbol="UX", sec_type="IND", con_id=2108),
    multiplier=Decimal(250),
    price_magnifier=1,
    min_tick=Decimal("0.05"),
    time_zone="America/New_York",
)
FRIDAYS = IndexFuture(
    symbol="BFF",
    exchange="CME",
    trading_class="BFF",
    currency="USD",
    name="Bitcoin Friday Futures",
    underlying=Underlying(symbol="BFF", sec_type="IND", con_id=2209),
    multiplier=Decimal("0.02"),
    price_magnifier=1,
    min_tick=Decimal(5),
    time_zone="America/Chicago",
)
MILK = CommodityFuture(
    symbol="DA",
    exchange="CME",
    trading_class="DC",
    currency="USD",
    name="MILK CLASS III INDEX",
    underlying=Underlying(symbol="DA", sec_type="IND", con_id=2310),
    multiplier=Decimal(2000),
    price_magnifier=1,
    min_tick=Decimal("0.01"),
    time_zone="America/Chicago",
)
GAS = CommodityFuture(
    symbol="TTF",
    exchange="ENDEX",
    trading_class="TFM",
    currency="EUR",
    name="Dutch TTF Gas",
    underlying=Underlying(symbol="TTF", sec_type="IND", con_id=2411),
    multiplier=Decimal(744),
    price_magnifier=1,
    min_tick=Decimal("0.005"),
    time_zone="Europe/Amsterdam",
)


def first_products() -> dict[str, Future]:
    """What IBKR knows on the first night, by names that stay when IBKR renames products."""
    days = {
        "Coffee": [(2027, month, 18) for month in (3, 5, 7, 9, 12)],
        "Crude": _monthly(12, first=date(2026, 12, 21)),
        "Volatility": [(2026, 12, 16), (2027, 1, 20), (2027, 2, 17)],
        "Uranium": [(2027, month, 26) for month in (1, 3, 5, 7, 8, 10)],
    }
    return {
        "E-mini": as_sent(examples.ES, category="index"),
        "DAX": as_sent(examples.DAX, category="index"),
        "Mini-DAX": as_sent(examples.DAX_MINI, category="index"),
        "Bund": _chain(BUND, [(2026, 12, 8), (2027, 3, 8), (2027, 6, 8)], first=700),
        "Coffee": _chain(COFFEE, days["Coffee"], first=800),
        "Crude": _chain(CRUDE, days["Crude"], first=900),
        "Volatility": with_contract(
            _chain(VOLATILITY, days["Volatility"], first=1000),
            weekly_contract(VOLATILITY, 49, date(2026, 12, 2), 1049),
        ),
        "Uranium": _chain(URANIUM, days["Uranium"], first=1100),
        "Fridays": _chain(FRIDAYS, [(2026, 11, 27)], first=1200),
        "Milk": _in_milk_days(_chain(MILK, [(2027, 2, 2), (2027, 3, 2)], first=1300)),
        "Gas": _in_two_sizes(_chain(GAS, [(2027, 1, 28), (2027, 2, 25)], first=1400)),
    }


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


def weekly_contract(
    product: Future, week: int, day: date, con_id: int, *, magnifier: int | None = 1
) -> FuturesContract:
    """A contract of a week's own class, with or without its price magnifier."""
    return dataclasses.replace(
        new_contract(product, day, con_id),
        trading_class=f"{product.trading_class}{week}",
        local_symbol=f"{product.trading_class}{week}{LETTERS[day.month - 1]}{day.year % 10}",
        price_magnifier=magnifier,
    )


def with_contract(product: Future, contract: FuturesContract) -> Future:
    """The product with one contract more."""
    return dataclasses.replace(product, contracts=(*product.contracts, contract))


def _in_milk_days(product: Future) -> Future:
    """The real expiration date of milk is the business day after its last trade."""
    chain = (
        dataclasses.replace(
            contract, real_expiration_date=contract.last_trade_date + timedelta(days=1)
        )
        for contract in product.contracts
    )
    return dataclasses.replace(product, contracts=tuple(chain))


def _in_two_sizes(product: Future) -> Future:
    """The first month comes in another size too, of the same class and date."""
    first = product.contracts[0]
    twin = dataclasses.replace(
        first, con_id=first.con_id + 50, local_symbol="TFDF7", multiplier=Decimal(31)
    )
    return with_contract(product, twin)


def _chain(product: Future, days: list[tuple[int, int, int]], *, first: int) -> Future:
    chain = (new_contract(product, date(*day), first + at) for at, day in enumerate(days))
    return dataclasses.replace(product, contracts=tuple(chain))


def _monthly(count: int, *, first: date) -> list[tuple[int, int, int]]:
    """The same day of so many months on end."""
    months = (first.year * 12 + first.month - 1 + number for number in range(count))
    return [(month // 12, month % 12 + 1, first.day) for month in months]
