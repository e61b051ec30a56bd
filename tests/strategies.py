"""Hypothesis strategies for products and contracts: anything the entities allow."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from ibkr_sync.domain.entities.contracts import (
    ContractListing,
    ContractMonth,
    ContractSeries,
    FuturesContract,
    Venue,
)
from ibkr_sync.domain.entities.fields import Kind
from ibkr_sync.domain.entities.futures import (
    ASSET_TYPES,
    CONTRACT_FIELDS,
    Future,
    Origin,
    Underlying,
)
from ibkr_sync.domain.entities.remarks import Remark, RemarkKind
from ibkr_sync.domain.entities.schedules import (
    ClosedDay,
    ScheduleEntries,
    TradingSchedule,
    TradingSession,
)
from ibkr_sync.domain.untrusted_text import clean_text

ZONES = ("America/Chicago", "Europe/Berlin", "Asia/Tokyo", "Australia/Sydney", "UTC")

hostile_texts = st.one_of(
    st.text(max_size=40),
    st.text("=+-@'\"\t\r\n,;|[]{}\\\x00\x1b\u202e\u2066\u200f \uff1d", max_size=8),
)
"""What a gateway, a file or a user may send where text is due."""

texts = hostile_texts.map(lambda text: clean_text(text) or "-")
"""Text as the domain keeps it: cleaned, never empty; spreadsheet formulas included."""

codes = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-", min_size=1, max_size=8)
"""Symbols, exchanges and trading classes."""

dates = st.dates(date(1990, 1, 1), date(2099, 12, 31))
_FIRST_INSTANT = datetime(1990, 1, 1, tzinfo=UTC)
_MINUTES = (datetime(2090, 1, 1, tzinfo=UTC) - _FIRST_INSTANT) // timedelta(minutes=1)
# One number takes a tenth of what drawing each part of a date and a time does.
minutes = st.integers(0, _MINUTES).map(lambda count: _FIRST_INSTANT + timedelta(minutes=count))
instants = st.integers(0, _MINUTES * 60 * 10**6).map(
    lambda count: _FIRST_INSTANT + timedelta(microseconds=count)
)
months = st.integers(0, 110 * 12 - 1).map(
    lambda count: ContractMonth(1990 + count // 12, count % 12 + 1)
)
con_ids = st.integers(1, 2**31 - 1)
positive_numbers = st.one_of(
    st.decimals(Decimal("0.0000000001"), 10**12, places=10),
    st.sampled_from([Decimal("0.25"), Decimal(50), Decimal("1E+3"), Decimal("12.500")]),
)


def maybe(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    """What is not always known."""
    return st.none() | strategy


underlyings = st.builds(Underlying, symbol=texts, sec_type=maybe(texts), con_id=maybe(con_ids))

venues = st.builds(Venue, exchange=codes, market_rule_id=maybe(st.integers(0, 10_000)))


@st.composite
def schedule_entries(draw: st.DrawFn) -> ScheduleEntries:
    """Sessions apart, each closing before the next opens, and closed days."""
    edges = sorted(draw(st.sets(st.integers(0, 10_000), max_size=8)))
    first = draw(minutes)
    sessions = [
        TradingSession(
            opens_at=first + timedelta(minutes=opens), closes_at=first + timedelta(minutes=closes)
        )
        for opens, closes in zip(edges[::2], edges[1::2], strict=False)
    ]
    days = sorted(draw(st.sets(dates, min_size=0 if sessions else 1, max_size=3)))
    return (*sessions, *(ClosedDay(date=day) for day in days))


schedules = st.builds(
    TradingSchedule,
    trading_hours=texts | st.just(""),
    liquid_hours=texts | st.just(""),
    time_zone_id=texts,
    trading_sessions=maybe(schedule_entries()),
    liquid_sessions=maybe(schedule_entries()),
)

listings = st.builds(
    ContractListing,
    first_seen_at=instants,
    last_seen_at=instants,
    missing_since=maybe(instants),
    delisted_at=maybe(instants),
)


_REMARKS = (
    Remark(kind=RemarkKind.NO_LONGER_STATED, field="min_tick"),
    Remark(
        kind=RemarkKind.ODD_ROW, field="multiplier", value=r"',:\'", reason=":,", contract="a:b,"
    ),
    Remark(kind=RemarkKind.DATES_DISAGREE, field="last_trade_date", value="=1", reason="\\"),
)
remarks = st.sampled_from([(), _REMARKS[:1], _REMARKS[1:], _REMARKS])


def _in_agreement(contract: FuturesContract) -> FuturesContract:
    """The contract with the date on which its instant is in its zone, as every source has it."""
    if contract.last_trade_at is None or contract.time_zone is None:
        return contract
    at = contract.last_trade_at.astimezone(ZoneInfo(contract.time_zone))
    return dataclasses.replace(contract, last_trade_date=at.date())


_TEXTS = [field.name for field in CONTRACT_FIELDS if field.kind is Kind.TEXT and field.nullable]
_FEW = 4


def _with_texts(contract: FuturesContract, few: list[str | None], choice: int) -> FuturesContract:
    """The contract with one of a few texts in each field, which takes a tenth of drawing each."""
    values: dict[str, Any] = {}
    for name in _TEXTS:
        choice, place = divmod(choice, _FEW)
        values[name] = few[place]
    return dataclasses.replace(contract, **values)


_without_texts = st.builds(
    FuturesContract,
    con_id=con_ids,
    symbol=codes,
    exchange=codes,
    trading_class=codes,
    currency=codes,
    local_symbol=texts,
    last_trade_date=dates,
    last_trade_at=maybe(instants),
    contract_month=maybe(months),
    real_expiration_date=maybe(dates),
    series=st.sampled_from(ContractSeries),
    multiplier=maybe(positive_numbers),
    min_tick=maybe(positive_numbers),
    price_magnifier=maybe(st.sampled_from([1, 10, 100, 10_000])),
    underlying_con_id=maybe(con_ids),
    time_zone=maybe(st.sampled_from(ZONES)),
    venues=st.lists(venues, max_size=3, unique_by=lambda item: item.exchange).map(tuple),
    order_types=st.lists(texts, max_size=3).map(tuple),
    security_ids=st.lists(st.tuples(texts, texts), max_size=2).map(tuple),
    economic_value_multiplier=maybe(positive_numbers | st.just(Decimal(0))),
    aggregated_group=maybe(st.integers(-(2**31) + 1, 2**31 - 1)),
    min_size=maybe(positive_numbers),
    size_increment=maybe(positive_numbers),
    suggested_size_increment=maybe(positive_numbers),
    schedule=maybe(schedules),
    listing=maybe(listings),
    remarks=remarks,
)
contracts = st.builds(
    _with_texts,
    _without_texts,
    st.lists(maybe(texts), min_size=_FEW, max_size=_FEW),
    st.integers(0, _FEW ** len(_TEXTS) - 1),
).map(_in_agreement)


def _class_in(product: Future, contract: FuturesContract) -> str:
    """Only a weekly or daily series has a class of its own."""
    is_monthly = contract.series is ContractSeries.MONTHLY
    return product.trading_class if is_monthly else contract.trading_class


def in_one_chain(product: Future, chain: Iterable[FuturesContract]) -> Future:
    """The product with these contracts made its own, in order of last trade date."""
    own = [
        dataclasses.replace(
            contract,
            symbol=product.symbol,
            exchange=product.exchange,
            currency=product.currency,
            trading_class=_class_in(product, contract),
        )
        for contract in chain
    ]
    return dataclasses.replace(
        product, contracts=tuple(sorted(own, key=lambda item: (item.last_trade_date, item.con_id)))
    )


def futures(entity: type[Future] | None = None) -> st.SearchStrategy[Future]:
    """Products with their chains: of one asset type, or of any."""
    products = st.builds(
        lambda cls, **fields: cls(**fields),
        st.just(entity) if entity else st.sampled_from(list(ASSET_TYPES.values())),
        symbol=codes,
        exchange=codes,
        trading_class=codes,
        currency=codes,
        name=maybe(texts),
        underlying=maybe(underlyings),
        multiplier=maybe(positive_numbers),
        price_magnifier=maybe(st.sampled_from([1, 10, 100, 10_000])),
        min_tick=maybe(positive_numbers),
        time_zone=maybe(st.sampled_from(ZONES)),
        origin=st.sampled_from(Origin),
        synced_at=maybe(instants),
        remarks=remarks,
        absent_since=maybe(instants),
        closed_at=maybe(instants),
    )
    chains = st.lists(contracts, max_size=3, unique_by=lambda item: item.con_id)
    return st.builds(in_one_chain, products, chains)
