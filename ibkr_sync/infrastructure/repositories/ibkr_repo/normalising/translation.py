"""From received rows and tick ladders to entities: pure, and strict about what it believes.

Missing is None: ibapi's placeholders (0, "", 2147483647, 1.797e308, 2^127-1) never get past
here. What is present but malformed raises InvalidReplyError with contract, field and value.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar

from ibkr_sync.catalogue import iana_zone
from ibkr_sync.domain.entities.contracts import (
    ContractMonth,
    FuturesContract,
    TradingSchedule,
    Venue,
)
from ibkr_sync.domain.entities.market_rules import MarketRule, PriceIncrement
from ibkr_sync.domain.errors import InvalidReplyError
from ibkr_sync.domain.untrusted_text import clean_text
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.replies import Ladder, ReceivedRow
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.last_trade import (
    parse_date,
    read_last_trade,
)

T = TypeVar("T")

_MAX_INT32 = 2**31 - 1
_PLACEHOLDERS = frozenset((Decimal(_MAX_INT32), Decimal(2**127 - 1)))
_LARGEST_NUMBER = Decimal(10**15)
_LARGEST_DOUBLE = Decimal("1e307")
_MAX_DECIMAL_PLACES = 12
_MAX_SCHEDULE_LENGTH = 8192
_MAX_LIST_LENGTH = 4096
_MAX_ITEMS = 128
_MAX_COMPLAINT_LENGTH = 100

_remembering = lru_cache(1024, typed=True)
"""For what is much the same in every row of a chain."""

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?", re.ASCII)
_INTEGER = re.compile(r"-?[0-9]{1,19}", re.ASCII)


def translate_row(row: ReceivedRow) -> FuturesContract:
    """Turn one contract row into an entity; raises InvalidReplyError."""
    details = row.details
    contract = details.contract
    name = clean_text(contract.localSymbol) or f"conId {contract.conId}"
    read = _FieldReader(name)

    read.checked("secType", contract.secType, _sec_type)
    con_id = read.checked("conId", contract.conId, _con_id)
    time_zone_id = clean_text(details.timeZoneId)
    time_zone = iana_zone(time_zone_id) if time_zone_id else None
    real_expiration = read.optional("realExpirationDate", details.realExpirationDate, parse_date)
    calendar_date = read.optional(
        "lastTradeDate", getattr(contract, "lastTradeDate", ""), parse_date
    )
    last_trade = read.checked(
        "lastTradeDateOrContractMonth",
        row.text.last_trade,
        lambda text: read_last_trade(text, time_zone, (calendar_date, real_expiration)),
    )
    return FuturesContract(
        con_id=con_id,
        symbol=read.text("symbol", contract.symbol),
        exchange=read.text("exchange", contract.exchange),
        trading_class=read.text("tradingClass", contract.tradingClass),
        currency=read.text("currency", contract.currency),
        local_symbol=read.text("localSymbol", contract.localSymbol),
        last_trade_date=calendar_date or last_trade.date,
        last_trade_at=last_trade.at,
        last_trade_text=clean_text(row.text.last_trade),
        contract_month=read.optional("contractMonth", details.contractMonth, _contract_month),
        real_expiration_date=real_expiration,
        multiplier=read.number("multiplier", row.text.multiplier, positive=True),
        min_tick=read.number("minTick", row.text.min_tick, positive=True),
        price_magnifier=read.optional(
            "priceMagnifier", details.priceMagnifier or "", _price_magnifier
        ),
        market_name=clean_text(details.marketName),
        long_name=clean_text(row.text.long_name),
        underlying_con_id=read.optional("underConId", details.underConId or "", _underlying_con_id),
        underlying_symbol=clean_text(details.underSymbol),
        underlying_sec_type=clean_text(details.underSecType),
        industry=clean_text(details.industry),
        category=clean_text(details.category),
        subcategory=clean_text(details.subcategory),
        time_zone=time_zone,
        venues=read.checked(
            "marketRuleIds",
            details.marketRuleIds,
            lambda ids: _venues(details.validExchanges, ids),
        ),
        order_types=read.checked("orderTypes", details.orderTypes, _items),
        security_ids=read.checked("secIdList", details.secIdList, _security_ids),
        economic_value_rule=clean_text(details.evRule),
        economic_value_multiplier=read.number(
            "evMultiplier", row.text.economic_value_multiplier, zero_is_missing=True
        ),
        aggregated_group=read.checked("aggGroup", details.aggGroup, _aggregated_group),
        min_size=read.number("minSize", getattr(details, "minSize", "")),
        size_increment=read.number("sizeIncrement", getattr(details, "sizeIncrement", "")),
        suggested_size_increment=read.number(
            "suggestedSizeIncrement", getattr(details, "suggestedSizeIncrement", "")
        ),
        schedule=_schedule(details, time_zone_id),
    )


def translate_ladder(ladder: Ladder) -> MarketRule:
    """Turn a tick ladder into an entity; raises InvalidReplyError."""
    read = _FieldReader(f"market rule {ladder.market_rule_id}")
    increments = tuple(
        PriceIncrement(
            low_edge=read.needed("lowEdge", low_edge),
            increment=read.needed("increment", increment, positive=True),
        )
        for low_edge, increment in ladder.increments
    )
    edges = [each.low_edge for each in increments]
    if not edges or edges != sorted(set(edges)):
        raise read.complaint("lowEdge", edges, "not a ladder")
    return MarketRule(market_rule_id=ladder.market_rule_id, increments=increments)


class _FieldReader:
    """Reads the fields of one row, naming contract, field and value in every complaint."""

    def __init__(self, contract: str) -> None:
        self._contract = contract

    def text(self, field: str, value: str) -> str:
        cleaned = clean_text(value)
        if cleaned is None:
            raise self.complaint(field, value, "must not be empty")
        return cleaned

    def checked(self, field: str, value: object, parse: Callable[[Any], T]) -> T:
        try:
            return parse(value)
        except ValueError as error:
            raise self.complaint(field, value, str(error)) from error

    def optional(self, field: str, value: object, parse: Callable[[Any], T]) -> T | None:
        return None if value == "" else self.checked(field, value, parse)

    def number(
        self, field: str, value: object, *, positive: bool = False, zero_is_missing: bool = False
    ) -> Decimal | None:
        number = self.checked(field, value, parse_number)
        if number is None or (zero_is_missing and number == 0):
            return None
        if positive and number <= 0:
            raise self.complaint(field, value, "must be positive")
        return number

    def needed(self, field: str, value: object, *, positive: bool = False) -> Decimal:
        number = self.number(field, value, positive=positive)
        if number is None:
            raise self.complaint(field, value, "must not be missing")
        return number

    def complaint(self, field: str, value: object, reason: str) -> InvalidReplyError:
        shown, why = str(value)[:_MAX_COMPLAINT_LENGTH], reason[:_MAX_COMPLAINT_LENGTH]
        return InvalidReplyError(self._contract, field, shown, why)


@_remembering
def parse_number(value: object) -> Decimal | None:
    """Read an exact number, None for "" and ibapi's placeholders.

    Raises ValueError for what is no finite number, or has more digits than can be stored
    exactly (15 before and 12 after the point).
    """
    text = str(value)
    if not text:
        return None
    if not _NUMBER.fullmatch(text):
        raise ValueError("not a finite number")
    number = Decimal(text)
    if number in _PLACEHOLDERS or number > _LARGEST_DOUBLE:
        return None
    if abs(number) >= _LARGEST_NUMBER or number != round(number, _MAX_DECIMAL_PLACES):
        raise ValueError("more digits than a price or size can have")
    return number


@_remembering
def _contract_month(text: str) -> ContractMonth:
    return ContractMonth.parse(text)


def _integer(value: object, allowed: range) -> int:
    text = str(value)
    if not _INTEGER.fullmatch(text) or int(text) not in allowed:
        raise ValueError(f"not a whole number from {allowed[0]} to {allowed[-1]}")
    return int(text)


_repeated_integer = _remembering(_integer)


def _sec_type(value: str) -> None:
    if value != "FUT":
        raise ValueError("not a future")


def _con_id(value: object) -> int:
    # Each contract has its own: remembered, they would push out what every row repeats.
    return _integer(value, range(1, _MAX_INT32 + 1))


_underlying_con_id = _remembering(_con_id)


def _price_magnifier(value: object) -> int:
    return _repeated_integer(value, range(1, 10**6 + 1))


def _market_rule_id(value: str) -> int | None:
    return _repeated_integer(value, range(_MAX_INT32 + 1)) if value else None


def _aggregated_group(value: int) -> int | None:
    """None for -1, 0 and 2147483647: IBKR's ways to say that a contract is not smart-routed."""
    group = _repeated_integer(value, range(-1, _MAX_INT32 + 1))
    return None if group in (-1, 0, _MAX_INT32) else group


@_remembering
def _items(text: str) -> tuple[str, ...]:
    return tuple(sorted(item for item in _split(text) if item))


@_remembering
def _venues(valid_exchanges: str, market_rule_ids: str) -> tuple[Venue, ...]:
    """Pair exchanges and tick ladders by position; ladders may be absent altogether."""
    exchanges = _split(valid_exchanges)
    rules = _split(market_rule_ids)
    if not any(rules):
        rules = [""] * len(exchanges)
    if len(rules) != len(exchanges):
        raise ValueError(f"{len(rules)} market rules for {len(exchanges)} exchanges")
    return tuple(
        Venue(exchange=exchange, market_rule_id=_market_rule_id(rule))
        for exchange, rule in zip(exchanges, rules, strict=True)
        if exchange
    )


def _split(text: str) -> list[str]:
    """The items of a list; raises ValueError where there are more than any contract has."""
    items = (clean_text(text, _MAX_LIST_LENGTH) or "").split(",")
    if len(items) > _MAX_ITEMS:
        raise ValueError(f"more than {_MAX_ITEMS} of them")
    return items


def _security_ids(pairs: list[Any] | None) -> tuple[tuple[str, str], ...]:
    if len(pairs or ()) > _MAX_ITEMS:
        raise ValueError(f"more than {_MAX_ITEMS} of them")
    cleaned = ((clean_text(pair.tag), clean_text(pair.value)) for pair in pairs or ())
    return tuple(sorted((tag, value) for tag, value in cleaned if tag and value))


def _schedule(details: Any, time_zone_id: str | None) -> TradingSchedule | None:  # noqa: ANN401 - ibapi has no types
    trading = clean_text(details.tradingHours, _MAX_SCHEDULE_LENGTH)
    liquid = clean_text(details.liquidHours, _MAX_SCHEDULE_LENGTH)
    if time_zone_id is None or (trading is None and liquid is None):
        return None
    return TradingSchedule(
        trading_hours=trading or "", liquid_hours=liquid or "", time_zone_id=time_zone_id
    )
