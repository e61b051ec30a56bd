"""A gateway's data for every product that the catalogue knows, with computed chains."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from fakes.hours import sent_hours
from fakes.recordings import contract_row
from ibkr_sync.catalogue import iana_zone
from ibkr_sync.domain.entities.catalogue import CatalogueProduct
from ibkr_sync.domain.entities.contracts import (
    ContractMonth,
    ContractSeries,
    FuturesContract,
    Venue,
)
from ibkr_sync.domain.entities.futures import (
    ASSET_TYPES,
    SAMPLE_MARKER,
    AssetClass,
    Future,
    Origin,
    Underlying,
)
from ibkr_sync.infrastructure.replay.recording import Recording
from ibkr_sync.infrastructure.replay.sample.contracts import FIRST_CON_ID

ZONE_IDS = {
    "BELFOX": "MET",
    "BURSAMY": "Singapore",
    "CBOT": "US/Central",
    "CDE": "US/Eastern",
    "CFE": "US/Central",
    "CME": "US/Central",
    "COMEX": "US/Eastern",
    "ENDEX": "MET",
    "EUREX": "MET",
    "FTA": "MET",
    "HKFE": "Hongkong",
    "ICECRYPTO": "US/Eastern",
    "ICEEU": "GB-Eire",
    "ICEEUSOFT": "GB-Eire",
    "ICEUS": "US/Eastern",
    "IDEM": "MET",
    "IPE": "GB-Eire",
    "KSE": "Japan",
    "LMEOTC": "GB",
    "MATIF": "MET",
    "MEFFRV": "MET",
    "MEXDER": "CST",
    "MONEP": "MET",
    "NSE": "Asia/Calcutta",
    "NYBOT": "US/Eastern",
    "NYMEX": "US/Eastern",
    "NYSELIFFE": "US/Eastern",
    "OMS": "MET",
    "ONE": "US/Central",
    "OSE.JPN": "Japan",
    "SGX": "Singapore",
    "SMFE": "US/Central",
    "SNFE": "Australia/NSW",
}
"""A zone id of IBKR's for each exchange of the catalogue, near enough for computed hours."""

_MONTHLY_CATEGORIES = {"crypto", "dairy", "energy", "metal", "volatility"}
_QUARTER = 3
_MONTHS_LISTED = 6
_QUARTERS_LISTED = 4
_MONTH_CODES = "FGHJKMNQUVXZ"

_CON_IDS_PER_PRODUCT = 100
_FIRST_UNDERLYING = 2_100_000_000

_WEDNESDAY, _FRIDAY = 2, 4
_LAST_TRADE = time(12)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    """A contract as it is listed: its trading class, month, last trade date and series."""

    trading_class: str
    local_symbol: str
    month: ContractMonth
    day: date
    series: ContractSeries = ContractSeries.MONTHLY


def recording_of_catalogue(products: Iterable[Future]) -> Recording:
    """What a gateway answers that holds these products and no others."""
    rows = (
        dataclasses.replace(contract_row(contract), time_zone_id=ZONE_IDS[contract.exchange])
        for product in products
        for contract in product.contracts
    )
    return Recording(contracts=tuple(rows), sample=True)


def products_of(rows: Iterable[CatalogueProduct], today: date) -> tuple[Future, ...]:
    """The catalogue's products with chains, as they must come back from a gateway.

    Those that trade no more are among them, as they may be in a database. What the catalogue
    does not know stays unknown. The chains are quarterly or monthly and end on third Fridays,
    on third Wednesdays at the LME; conIds are none that IBKR issues.
    """
    return tuple(_product(row, number, today) for number, row in enumerate(rows))


def _product(row: CatalogueProduct, number: int, today: date) -> Future:
    is_stock = row.asset_class is AssetClass.SINGLE_STOCK
    underlying = Underlying(
        symbol=row.symbol,
        sec_type="STK" if is_stock else "IND",
        con_id=_FIRST_UNDERLYING + number,
    )
    product = ASSET_TYPES[row.asset_class](
        symbol=row.symbol,
        exchange=row.exchange,
        trading_class=row.key.trading_class,
        currency=row.currency,
        name=row.name,
        category=row.category,
        underlying=underlying,
        multiplier=row.multiplier,
        price_magnifier=row.price_magnifier,
        min_tick=row.min_tick,
        time_zone=iana_zone(ZONE_IDS[row.exchange]),
        origin=Origin.SAMPLE,
    )
    first_con_id = FIRST_CON_ID + number * _CON_IDS_PER_PRODUCT
    listed = sorted(_listing(row, today), key=lambda item: item.day)
    chain = tuple(
        _contract(product, underlying, value, first_con_id + place, today)
        for place, value in enumerate(listed)
    )
    return dataclasses.replace(product, contracts=chain)


def _contract(
    product: Future, underlying: Underlying, listed: _Listed, con_id: int, today: date
) -> FuturesContract:
    zone_id = ZONE_IDS[product.exchange]
    last_trade_at = datetime.combine(listed.day, _LAST_TRADE, ZoneInfo(str(product.time_zone)))
    session = f"{today:%Y%m%d}:0900-{today:%Y%m%d}:1700"
    return FuturesContract(
        con_id=con_id,
        symbol=product.symbol,
        exchange=product.exchange,
        trading_class=listed.trading_class,
        currency=product.currency,
        local_symbol=listed.local_symbol,
        last_trade_date=listed.day,
        last_trade_at=last_trade_at.astimezone(UTC),
        last_trade_text=f"{listed.day:%Y%m%d} {_LAST_TRADE} {zone_id}",
        contract_month=listed.month,
        real_expiration_date=listed.day,
        series=listed.series,
        multiplier=product.multiplier,
        min_tick=product.min_tick,
        price_magnifier=product.price_magnifier,
        market_name=listed.trading_class,
        long_name=f"{product.name}{SAMPLE_MARKER}",
        underlying_con_id=underlying.con_id,
        underlying_symbol=underlying.symbol,
        underlying_sec_type=underlying.sec_type,
        time_zone=product.time_zone,
        venues=(Venue(exchange=product.exchange),),
        order_types=("LMT", "MKT"),
        schedule=sent_hours(
            session, session, time_zone_id=zone_id, zone=product.time_zone or "UTC"
        ),
    )


def _listing(row: CatalogueProduct, today: date) -> Iterator[_Listed]:
    trading_class = row.key.trading_class
    is_monthly = row.category in _MONTHLY_CATEGORIES
    months = (month for month in _months_from(today) if is_monthly or month.month % _QUARTER == 0)
    weekday = _WEDNESDAY if row.exchange == "LMEOTC" else _FRIDAY
    dated = ((month, _third(weekday, month)) for month in months)
    coming = ((month, day) for month, day in dated if day > today)
    for month, day in islice(coming, _MONTHS_LISTED if is_monthly else _QUARTERS_LISTED):
        local_symbol = f"{trading_class}{_MONTH_CODES[month.month - 1]}{month.year % 10}"
        if row.exchange == "EUREX":
            local_symbol = f"{trading_class} {day:%Y%m%d} M"
        yield _Listed(trading_class=trading_class, local_symbol=local_symbol, month=month, day=day)
    if row.weekly_expiries:
        yield _short_contract(row, today + timedelta(days=7))


def _short_contract(row: CatalogueProduct, day: date) -> _Listed:
    """A contract between the months, named as LME, Eurex and the others name theirs."""
    trading_class = row.key.trading_class
    month = ContractMonth(day.year, day.month)
    series = ContractSeries.DAILY
    if row.exchange == "EUREX":
        local_symbol = f"{trading_class} {day:%Y%m%d} D"
    elif row.exchange == "LMEOTC":
        local_symbol = f"{trading_class} {day:%Y%m%d}"
    else:
        series = ContractSeries.WEEKLY
        trading_class = f"{trading_class}{day.isocalendar().week:02d}"
        local_symbol = f"{trading_class}{_MONTH_CODES[day.month - 1]}{day.year % 10}"
    return _Listed(
        trading_class=trading_class,
        local_symbol=local_symbol,
        month=month,
        day=day,
        series=series,
    )


def _months_from(today: date) -> Iterator[ContractMonth]:
    month = ContractMonth(today.year, today.month)
    while True:
        yield month
        year, past = divmod(month.year * 12 + month.month, 12)
        month = ContractMonth(year, past + 1)


def _third(weekday: int, month: ContractMonth) -> date:
    first = date(month.year, month.month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 14)
