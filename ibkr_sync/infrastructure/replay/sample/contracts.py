"""Contract rows of one product on one day, with conIds that stay the same over the years."""

from __future__ import annotations

from datetime import date, datetime, time
from functools import cache
from zoneinfo import ZoneInfo

from ibkr_sync.domain.entities.futures import SAMPLE_MARKER
from ibkr_sync.domain.ports.business_calendar import BusinessCalendar
from ibkr_sync.infrastructure.replay.rows import ContractRow
from ibkr_sync.infrastructure.replay.sample.listing import (
    ListedContract,
    expired_listing,
    listed_contracts,
)
from ibkr_sync.infrastructure.replay.sample.local_symbols import class_in_local_symbol, local_symbol
from ibkr_sync.infrastructure.replay.sample.products import SampleProduct, sample_products
from ibkr_sync.infrastructure.replay.sample.schedule import SCHEDULES, scheduled_hours

FIRST_CON_ID = 2_000_000_000
"""IBKR's own conIds are below it, and the sample's fit into 31 bits, as IBKR's do."""

_CON_IDS_PER_PRODUCT = 100_000
_FIRST_WEEKLY = 50_000
_FIRST_UNDERLYING = 2_100_000_000
_SCATTER = 2_654_435_761

_ORDER_TYPES = (
    "ACTIVETIM,AD,ADJUST,ALERT,ALGO,BASKET,COND,DAY,GTC,GTD,HID,IOC,LIT,LMT,MIT,MKT,"
    "STP,STPLMT,TRAIL,TRAILLIT,WHATIF"
)
_ORDER_TYPES_OF_EXPIRED = "LTH"


def sample_contract_rows(
    product: SampleProduct, calendar: BusinessCalendar, today: date
) -> list[ContractRow]:
    """The product's rows on `today`, in no order, as TWS sends them.

    Expired contracts have no zone, no hours and no time of the last trade.
    """
    schedule = SCHEDULES[product.schedule]
    trading_hours, liquid_hours = scheduled_hours(schedule, calendar, today)
    rows = [
        _row(
            product,
            contract,
            last_trade=_last_trade_text(product, contract.last_trade_date, schedule.time_zone_id),
            order_types=_ORDER_TYPES,
            time_zone_id=schedule.time_zone_id,
            trading_hours=trading_hours,
            liquid_hours=liquid_hours,
        )
        for contract in listed_contracts(product, calendar, today)
    ]
    rows += [
        _row(
            product,
            contract,
            last_trade=f"{contract.last_trade_date:%Y%m%d}",
            order_types=_ORDER_TYPES_OF_EXPIRED,
        )
        for contract in expired_listing(product, calendar, today)
    ]
    return sorted(rows, key=lambda row: int(row.con_id) * _SCATTER % 2**32)


def _row(
    product: SampleProduct,
    contract: ListedContract,
    *,
    last_trade: str,
    order_types: str,
    time_zone_id: str = "",
    trading_hours: str = "",
    liquid_hours: str = "",
) -> ContractRow:
    contract_class = class_in_local_symbol(product, contract)
    day = f"{contract.last_trade_date:%Y%m%d}"
    exchanges = product.valid_exchanges
    return ContractRow(
        symbol=product.symbol,
        last_trade_date_or_contract_month=last_trade,
        last_trade_date=day,
        exchange=product.exchange,
        currency=product.currency,
        local_symbol=local_symbol(product, contract),
        market_name=contract_class,
        trading_class=contract_class,
        con_id=str(sample_con_id(product, contract)),
        min_tick=product.min_tick,
        multiplier=product.multiplier,
        order_types=order_types,
        valid_exchanges=",".join(exchanges),
        price_magnifier=product.price_magnifier,
        under_con_id=str(_underlying_con_ids()[product.symbol, product.exchange]),
        long_name=product.name + SAMPLE_MARKER,
        contract_month=f"{contract.year:04d}{contract.month:02d}",
        time_zone_id=time_zone_id,
        trading_hours=trading_hours,
        liquid_hours=liquid_hours,
        under_symbol=product.symbol,
        under_sec_type=product.under_sec_type,
        market_rule_ids=",".join([product.market_rule] * len(exchanges)),
        real_expiration_date=day,
    )


def sample_con_id(product: SampleProduct, contract: ListedContract) -> int:
    """The conId of a contract, the same on every day."""
    series = 0 if contract.week is None else _FIRST_WEEKLY
    return FIRST_CON_ID + product.number * _CON_IDS_PER_PRODUCT + series + contract.number


@cache
def _underlying_con_ids() -> dict[tuple[str, str], int]:
    """Products that share a symbol on an exchange are written on the same underlying."""
    con_ids: dict[tuple[str, str], int] = {}
    for product in sample_products():
        con_ids.setdefault((product.symbol, product.exchange), _FIRST_UNDERLYING + product.number)
    return con_ids


def _last_trade_text(product: SampleProduct, day: date, zone_id: str) -> str:
    """Date, time and zone in the form of "instrument timezone" of TWS's API settings."""
    text, _, fixed_in = product.last_trade_time.partition(" ")
    at = datetime.combine(day, time.fromisoformat(text), ZoneInfo(fixed_in or zone_id))
    return f"{at.astimezone(ZoneInfo(zone_id)):%Y%m%d %H:%M:%S} {zone_id}"
