"""Products that every source of the contract suite can hold."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from fakes.hours import sent_hours
from ibkr_sync.domain.entities.contracts import ContractMonth, FuturesContract, Venue
from ibkr_sync.domain.entities.futures import (
    CommodityFuture,
    Future,
    IndexFuture,
    Origin,
    Underlying,
)

FIRST_EXPIRY = datetime(2026, 12, 18, 14, 30, tzinfo=UTC)
HOURS = sent_hours(
    "20261123:1700-20261124:1600;20261125:CLOSED", "20261123:0830-20261123:1600;20261125:CLOSED"
)


def quarterly(product: Future, number: int, *, con_id: int) -> FuturesContract:
    """The contract of a product that expires `number` quarters of 91 days after December."""
    last_trade_at = FIRST_EXPIRY + timedelta(days=91 * number)
    day = last_trade_at.date()
    return FuturesContract(
        con_id=con_id,
        symbol=product.symbol,
        exchange=product.exchange,
        trading_class=product.trading_class,
        currency=product.currency,
        local_symbol=f"{product.trading_class}{day:%y%m}",
        last_trade_date=day,
        last_trade_at=last_trade_at,
        last_trade_text=f"{day:%Y%m%d} 08:30 US/Central",
        contract_month=ContractMonth(day.year, day.month),
        real_expiration_date=day,
        multiplier=product.multiplier,
        min_tick=product.min_tick,
        price_magnifier=product.price_magnifier,
        market_name=product.trading_class,
        long_name=product.name,
        underlying_con_id=product.underlying.con_id if product.underlying else None,
        underlying_symbol=product.underlying.symbol if product.underlying else None,
        underlying_sec_type=product.underlying.sec_type if product.underlying else None,
        time_zone=product.time_zone,
        venues=(Venue(exchange=product.exchange, market_rule_id=67), Venue(exchange="QBALGO")),
        order_types=("LMT", "MKT"),
        security_ids=(("ISIN", "XX0000000000"),),
        aggregated_group=2147483647,
        min_size=Decimal(1),
        size_increment=Decimal(1),
        suggested_size_increment=Decimal(1),
        schedule=HOURS,
    )


def with_chain(product: Future, count: int, *, first_con_id: int) -> Future:
    """The product with this many quarterly contracts, the first expiring in December 2026."""
    chain = (quarterly(product, number, con_id=first_con_id + number) for number in range(count))
    return dataclasses.replace(product, contracts=tuple(chain))


def expired(product: Future, *, con_id: int) -> FuturesContract:
    """A contract of the product that stopped trading in March 2020."""
    return dataclasses.replace(
        quarterly(product, 0, con_id=con_id),
        last_trade_date=date(2020, 3, 20),
        last_trade_at=datetime(2020, 3, 20, 13, 30, tzinfo=UTC),
        local_symbol=f"{product.trading_class}2003",
    )


def as_catalogued(product: Future) -> Future:
    """The product as a catalogue knows it."""
    return dataclasses.replace(product, origin=Origin.CATALOGUE, contracts=(), synced_at=None)


ES = with_chain(
    IndexFuture(
        symbol="ES",
        exchange="CME",
        trading_class="ES",
        currency="USD",
        name="E-mini S&P 500",
        underlying=Underlying(symbol="ES", sec_type="IND", con_id=11004968),
        multiplier=Decimal(50),
        price_magnifier=1,
        min_tick=Decimal("0.25"),
        time_zone="America/Chicago",
    ),
    4,
    first_con_id=600000001,
)
DAX = with_chain(
    IndexFuture(
        symbol="DAX",
        exchange="EUREX",
        trading_class="FDAX",
        currency="EUR",
        name="DAX 40 Index",
        underlying=Underlying(symbol="DAX", sec_type="IND", con_id=825711),
        multiplier=Decimal(25),
        price_magnifier=1,
        min_tick=Decimal(1),
        time_zone="Europe/Berlin",
    ),
    2,
    first_con_id=610000001,
)
DAX_MINI = with_chain(
    dataclasses.replace(
        DAX, trading_class="FDXM", name="Mini-DAX", multiplier=Decimal(5), contracts=()
    ),
    2,
    first_con_id=620000001,
)
CRUDE_OIL = with_chain(
    CommodityFuture(
        symbol="CL",
        exchange="NYMEX",
        trading_class="CL",
        currency="USD",
        name="Light Sweet Crude Oil",
        category="energy",
        underlying=Underlying(symbol="CL", sec_type="IND", con_id=17340715),
        multiplier=Decimal(1000),
        price_magnifier=1,
        min_tick=Decimal("0.01"),
        time_zone="America/New_York",
    ),
    3,
    first_con_id=630000001,
)


EVERY_CON_ID = frozenset((*range(1, 200), *range(600_000_000, 600_000_100)))
"""What a source, asked by conId, no longer knows: every contract here that its reply lacks."""
