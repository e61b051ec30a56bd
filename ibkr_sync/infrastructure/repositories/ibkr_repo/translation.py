"""From one received row to a `FuturesContract`: pure, and strict about what it believes.

Missing is None: ibapi's placeholders (0, "", 2147483647, 1.797e308, 2^127-1) never get past
here. What is present but malformed raises InvalidReplyError with contract, field and value.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from ibkr_sync.catalogue import iana_zone
from ibkr_sync.domain.entities.contracts import (
    ContractMonth,
    FuturesContract,
    TradingSchedule,
    Venue,
)
from ibkr_sync.domain.errors import InvalidReplyError
from ibkr_sync.domain.untrusted_text import clean_text
from ibkr_sync.infrastructure.repositories.ibkr_repo.last_trade import parse_date, read_last_trade
from ibkr_sync.infrastructure.repositories.ibkr_repo.replies import ReceivedRow

T = TypeVar("T")

_MAX_INT32 = 2**31 - 1
_PLACEHOLDERS = frozenset((Decimal(_MAX_INT32), Decimal(2**127 - 1)))
_LARGEST_NUMBER = Decimal(10**15)
_MAX_DECIMAL_PLACES = 12
_MAX_SCHEDULE_LENGTH = 8192
_MAX_LIST_LENGTH = 4096


def translate_row(row: ReceivedRow) -> FuturesContract:
    """Turn one contract row into an entity; raises InvalidReplyError."""
    details = row.details
    contract = details.contract
    name = clean_text(contract.localSymbol) or f"conId {contract.conId}"
    read = _FieldReader(name)

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
        contract_month=read.optional("contractMonth", details.contractMonth, ContractMonth.parse),
        real_expiration_date=real_expiration,
        multiplier=read.number("multiplier", contract.multiplier, positive=True),
        min_tick=read.number("minTick", row.text.min_tick, positive=True),
        price_magnifier=read.optional(
            "priceMagnifier", details.priceMagnifier or "", _price_magnifier
        ),
        market_name=clean_text(details.marketName),
        long_name=clean_text(row.text.long_name),
        underlying_con_id=read.optional("underConId", details.underConId or "", _con_id),
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
        order_types=_items(details.orderTypes),
        security_ids=_security_ids(details.secIdList),
        economic_value_rule=clean_text(details.evRule),
        economic_value_multiplier=read.number(
            "evMultiplier", row.text.economic_value_multiplier, zero_is_missing=True
        ),
        aggregated_group=_aggregated_group(details.aggGroup),
        min_size=read.number("minSize", getattr(details, "minSize", "")),
        size_increment=read.number("sizeIncrement", getattr(details, "sizeIncrement", "")),
        suggested_size_increment=read.number(
            "suggestedSizeIncrement", getattr(details, "suggestedSizeIncrement", "")
        ),
        schedule=_schedule(details, time_zone_id),
    )


class _FieldReader:
    """Reads the fields of one row, naming contract, field and value in every complaint."""

    def __init__(self, contract: str) -> None:
        self._contract = contract

    def text(self, field: str, value: str) -> str:
        cleaned = clean_text(value)
        if cleaned is None:
            raise InvalidReplyError(self._contract, field, value, "must not be empty")
        return cleaned

    def checked(self, field: str, value: object, parse: Callable[[Any], T]) -> T:
        try:
            return parse(value)
        except ValueError as error:
            raise InvalidReplyError(self._contract, field, value, str(error)) from error

    def optional(self, field: str, value: object, parse: Callable[[Any], T]) -> T | None:
        return None if value == "" else self.checked(field, value, parse)

    def number(
        self, field: str, value: object, *, positive: bool = False, zero_is_missing: bool = False
    ) -> Decimal | None:
        number = self.checked(field, value, parse_number)
        if number is None or (zero_is_missing and number == 0):
            return None
        if positive and number <= 0:
            raise InvalidReplyError(self._contract, field, value, "must be positive")
        return number


def parse_number(value: object) -> Decimal | None:
    """Read an exact number, None for "" and ibapi's placeholders.

    Raises ValueError for what is no finite number, or has more digits than can be stored
    exactly (15 before and 12 after the point).
    """
    text = str(value).strip()
    if not text:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError("not a number") from None
    if not number.is_finite():
        raise ValueError("not a finite number")
    if number in _PLACEHOLDERS or number > Decimal("1e307"):
        return None
    if abs(number) >= _LARGEST_NUMBER or number != round(number, _MAX_DECIMAL_PLACES):
        raise ValueError("more digits than a price or size can have")
    return number


def _con_id(value: object) -> int:
    number = int(str(value))
    if not 0 < number <= _MAX_INT32:
        raise ValueError("not a contract id")
    return number


def _price_magnifier(value: object) -> int:
    number = int(str(value))
    if not 0 < number <= 10**6:
        raise ValueError("not a price magnifier")
    return number


def _aggregated_group(value: int) -> int | None:
    """None for -1 and 2147483647: IBKR's ways to say that a contract is not smart-routed."""
    return None if value in (-1, 0, _MAX_INT32) else value


def _items(text: str) -> tuple[str, ...]:
    cleaned = clean_text(text, _MAX_LIST_LENGTH) or ""
    return tuple(sorted(item for item in cleaned.split(",") if item))


def _venues(valid_exchanges: str, market_rule_ids: str) -> tuple[Venue, ...]:
    """Pair exchanges and tick ladders by position; ladders may be absent altogether."""
    exchanges = [
        item for item in (clean_text(valid_exchanges, _MAX_LIST_LENGTH) or "").split(",") if item
    ]
    rules = [
        item for item in (clean_text(market_rule_ids, _MAX_LIST_LENGTH) or "").split(",") if item
    ]
    if rules and len(rules) != len(exchanges):
        raise ValueError(f"{len(rules)} market rules for {len(exchanges)} exchanges")
    if not rules:
        return tuple(Venue(exchange=exchange) for exchange in exchanges)
    return tuple(
        Venue(exchange=exchange, market_rule_id=int(rule))
        for exchange, rule in zip(exchanges, rules, strict=True)
    )


def _security_ids(pairs: list[Any] | None) -> tuple[tuple[str, str], ...]:
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
