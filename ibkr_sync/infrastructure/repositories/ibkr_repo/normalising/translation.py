"""From received rows to contracts: pure, and strict about what it believes.

What is present but malformed is missing, and a remark with field and value; where it leaves the
row unidentified, it is an InvalidReplyError.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ibkr_sync.catalogue import iana_zone
from ibkr_sync.domain.entities.contracts import FuturesContract, Venue
from ibkr_sync.domain.entities.remarks import Remark, RemarkKind
from ibkr_sync.domain.evidence.last_trade import LastTrade, SettledLastTrade
from ibkr_sync.domain.evidence.remarks import MARKET_RULE_IDS
from ibkr_sync.domain.untrusted_text import clean_text
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_reply import ReplyRow
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.date_reader import (
    read_date,
    read_last_trade_date,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.field_readers import (
    LenientReader,
    StrictReader,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.schedules import unread_hours
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.value_parsers import (
    parse_aggregated_group,
    parse_con_id,
    parse_contract_month,
    parse_exchange_zone,
    parse_items,
    parse_price_magnifier,
    parse_schedule,
    parse_security_ids,
    parse_security_type,
    parse_underlying_con_id,
    parse_unless_zero,
    parse_venues,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslatedRow:
    """What a row says of a contract.

    Attributes:
        contract: None where the row lacks what no contract can be without, and the contract
            is not stored either.
        exchange: as the row states it, as are `trading_class` and `zone_id`.
        remarks: the fields that can't be read, which are as unstated.
        depends_on_stored: whether the row says more of a contract that is stored.
    """

    con_id: int
    name: str
    symbol: str
    exchange: str | None
    trading_class: str | None
    venues: tuple[Venue, ...]
    zone_id: str | None
    contract: FuturesContract | None
    remarks: tuple[Remark, ...]
    depends_on_stored: bool


def translate_row(
    row: ReplyRow, *, stored: FuturesContract | None = None, sibling_zone_id: str | None = None
) -> TranslatedRow:
    """Turn one contract row into an entity; InvalidReplyError where it can't be identified.

    `stored` is the contract as it is known, which says what the row leaves open;
    `sibling_zone_id` is the zone of a row that states none that is known.
    """
    details = row.details
    contract = details.contract
    name = clean_text(contract.localSymbol) or f"conId {contract.conId}"
    identify = StrictReader(name)
    identify.checked("secType", contract.secType, parse_security_type)
    con_id = identify.checked("conId", contract.conId, parse_con_id)
    symbol = identify.text("symbol", contract.symbol)
    read = LenientReader()

    stated_zone_id = clean_text(details.timeZoneId)
    time_zone = read.optional("time_zone", stated_zone_id or "", parse_exchange_zone)
    if time_zone is None and sibling_zone_id is not None:
        time_zone = iana_zone(sibling_zone_id)
    last_trade = _settled_last_trade(row, time_zone, read)
    believed = last_trade and last_trade.given(stored.last_trade_date if stored else None)
    exchange = read.text("exchange", contract.exchange)
    trading_class = read.text("trading_class", contract.tradingClass)
    needed: dict[str, Any] = {
        "exchange": exchange,
        "trading_class": trading_class,
        "currency": read.text("currency", contract.currency),
        "local_symbol": read.text("local_symbol", contract.localSymbol),
        "last_trade_date": believed.date if believed else None,
    }
    lacks = [field for field, value in needed.items() if value is None]
    if stored is not None:
        needed |= {field: getattr(stored, field) for field in lacks}
    venues = _read_venues(details, read)
    schedule = parse_schedule(
        details.tradingHours, details.liquidHours, stated_zone_id or sibling_zone_id, time_zone
    )
    for field, error in unread_hours(schedule, time_zone).items():
        read.remark(RemarkKind.ODD_ROW, field, error.segment, error.reason)
    values: dict[str, Any] = {
        "last_trade_at": believed.at if believed else None,
        "last_trade_text": clean_text(row.text.last_trade),
        "contract_month": read.optional(
            "contract_month", details.contractMonth, parse_contract_month
        ),
        "real_expiration_date": read.optional(
            "real_expiration_date", details.realExpirationDate, read_date
        ),
        "multiplier": read.number("multiplier", row.text.multiplier, positive=True),
        "min_tick": read.number("min_tick", row.text.min_tick, positive=True),
        "price_magnifier": read.optional(
            "price_magnifier", parse_unless_zero(row.text.price_magnifier), parse_price_magnifier
        ),
        "market_name": clean_text(details.marketName),
        "long_name": clean_text(row.text.long_name),
        "underlying_con_id": read.optional(
            "underlying_con_id",
            parse_unless_zero(row.text.underlying_con_id),
            parse_underlying_con_id,
        ),
        "underlying_symbol": clean_text(details.underSymbol),
        "underlying_sec_type": clean_text(details.underSecType),
        "industry": clean_text(details.industry),
        "category": clean_text(details.category),
        "subcategory": clean_text(details.subcategory),
        "time_zone": time_zone,
        "venues": venues,
        "order_types": read.checked("order_types", details.orderTypes, parse_items) or (),
        "security_ids": read.checked("security_ids", details.secIdList, parse_security_ids) or (),
        "economic_value_rule": clean_text(details.evRule),
        "economic_value_multiplier": read.number(
            "economic_value_multiplier", row.text.economic_value_multiplier, zero_is_missing=True
        ),
        "aggregated_group": read.optional(
            "aggregated_group", details.aggGroup, parse_aggregated_group
        ),
        "min_size": read.number("min_size", getattr(details, "minSize", "")),
        "size_increment": read.number("size_increment", getattr(details, "sizeIncrement", "")),
        "suggested_size_increment": read.number(
            "suggested_size_increment", getattr(details, "suggestedSizeIncrement", "")
        ),
        "schedule": schedule,
        "settlement_method": clean_text(row.text.settlement_method),
        "remarks": tuple(dict.fromkeys(read.remarks)),
    }
    is_whole = not lacks or stored is not None
    return TranslatedRow(
        con_id=con_id,
        name=name,
        symbol=symbol,
        exchange=exchange,
        trading_class=trading_class,
        venues=venues,
        zone_id=stated_zone_id if time_zone is not None else None,
        contract=(
            FuturesContract(con_id=con_id, symbol=symbol, **needed, **values) if is_whole else None
        ),
        remarks=values["remarks"],
        depends_on_stored=bool(lacks or (last_trade and last_trade.others)),
    )


def _settled_last_trade(
    row: ReplyRow, time_zone: str | None, read: LenientReader
) -> SettledLastTrade | None:
    """The last trade by its text and by the date besides it; None where neither can be read."""
    calendar_text = getattr(row.details.contract, "lastTradeDate", "")
    calendar_date = read.optional("last_trade_date", calendar_text, read_date)
    settled = read.checked(
        "last_trade_date",
        row.text.last_trade,
        lambda text: read_last_trade_date(text, time_zone, calendar_date),
    )
    if settled is None:
        known = calendar_date and LastTrade(date=calendar_date)
        return SettledLastTrade(believed=known) if known else None
    if settled.is_contradicted:
        days = " or ".join(map(str, settled.dates))
        read.remark(RemarkKind.DATES_DISAGREE, "last_trade_date", calendar_text, f"it is {days}")
    return settled


def _read_venues(details: Any, read: LenientReader) -> tuple[Venue, ...]:  # noqa: ANN401 - ibapi has no types
    exchanges = details.validExchanges
    alone = read.checked("venues", exchanges, lambda text: parse_venues(text, ""))
    if alone is None:
        return ()
    venues = read.checked(
        MARKET_RULE_IDS, details.marketRuleIds, lambda ids: parse_venues(exchanges, ids)
    )
    return alone if venues is None else venues
