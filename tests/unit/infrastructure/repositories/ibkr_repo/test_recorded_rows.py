"""Rows that real gateways sent, through every form of the protocol to what they say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from ibapi.server_versions import MAX_CLIENT_VER

from fakes.protocol_versions import PROTOBUF_ROWS, SIZES
from fakes.recordings import received_frame, reply_rows
from gateway.dialects import dialect_for
from ibkr_sync.catalogue import load_catalogue
from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.entities.schedules import TradingSession
from ibkr_sync.domain.hours.contract_hours import contract_market_state
from ibkr_sync.domain.hours.product_hours import product_hours
from ibkr_sync.domain.hours.sessions import MarketState
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_reply import (
    ContractReply,
    ReplyRow,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_request import ContractRequest
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.reply_reader import ReplyReader
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.translation import translate_row
from one_case import one_case
from recorded_contracts import RECORDED_CONTRACTS, RecordedContract
from recorded_rows import RECORDED_ROWS, RecordedRow

VERSIONS = [version for version in (157, 187, 225) if version <= MAX_CLIENT_VER]
"""Text without sizes and with them, and protobuf, as far as the installed ibapi goes."""

ZONES = {
    "": None,
    "US/Central": "America/Chicago",
    "US/Eastern": "America/New_York",
    "MET": "Europe/Berlin",
    "GB-Eire": "Europe/London",
}
WHOLE = [row for row in RECORDED_ROWS if row.is_whole]
PARTIAL = [row for row in RECORDED_ROWS if not row.is_whole]

NEEDED = {
    "exchange": "exchange",
    "currency": "currency",
    "localSymbol": "local_symbol",
    "tradingClass": "trading_class",
    "lastTradeDateOrContractMonth": "last_trade_date",
}
"""What no contract can be without, by IBKR's name."""

TEXTS = {
    "localSymbol": "local_symbol",
    "tradingClass": "trading_class",
    "exchange": "exchange",
    "currency": "currency",
    "marketName": "market_name",
    "longName": "long_name",
    "underSymbol": "underlying_symbol",
    "underSecType": "underlying_sec_type",
    "industry": "industry",
    "category": "category",
    "subcategory": "subcategory",
    "evRule": "economic_value_rule",
}
NUMBERS = {
    "multiplier": "multiplier",
    "minTick": "min_tick",
    "priceMagnifier": "price_magnifier",
    "underConId": "underlying_con_id",
}
SIZES_OF_A_ROW = {
    "minSize": "min_size",
    "sizeIncrement": "size_increment",
    "suggestedSizeIncrement": "suggested_size_increment",
}


def received(recorded: RecordedRow, version: int) -> ReplyRow:
    return received_frame(dialect_for(version).contract_data(recorded.row, 1), version)


def day(text: str) -> date:
    return date(int(text[:4]), int(text[4:6]), int(text[6:8]))


def instant(recorded: RecordedRow) -> datetime | None:
    """When trading stops: in UTC after a hyphen, else by the clock of the zone behind it."""
    text = recorded.last_trade
    if "-" in text:
        return datetime.strptime(text, "%Y%m%d-%H:%M:%S").replace(tzinfo=UTC)
    if " " not in text:
        return None
    clock, zone_id = text[:17], text[18:]
    zone = ZoneInfo(ZONES[zone_id] or "")
    return datetime.strptime(clock, "%Y%m%d %H:%M:%S").replace(tzinfo=zone).astimezone(UTC)


def check(contract: FuturesContract, sent: dict[str, str], version: int) -> None:
    """Compare every field but those of the last trade and the hours."""
    assert (contract.con_id, contract.symbol) == (int(sent["conId"]), sent["symbol"])
    for field, attribute in TEXTS.items():
        assert getattr(contract, attribute) == (sent[field].strip() or None), field
    for field, attribute in NUMBERS.items():
        expected = Decimal(sent[field]) if sent[field] else None
        assert getattr(contract, attribute) == expected, field
    for field, attribute in SIZES_OF_A_ROW.items():
        is_sent = sent[field] and version >= SIZES
        assert getattr(contract, attribute) == (Decimal(sent[field]) if is_sent else None), field
    assert str(contract.contract_month or "").replace("-", "") == sent["contractMonth"]
    real = sent["realExpirationDate"]
    assert contract.real_expiration_date == (day(real) if real else None)
    exchanges = [part for part in sent["validExchanges"].split(",") if part]
    rules = [int(part) for part in sent["marketRuleIds"].split(",") if part]
    venues = [(venue.exchange, venue.market_rule_id) for venue in contract.venues]
    assert venues == list(zip(exchanges, rules, strict=True))
    types = [part for part in sent["orderTypes"].split(",") if part]
    assert list(contract.order_types) == sorted(types)
    is_stated = sent["settlementMethod"] and version >= PROTOBUF_ROWS
    assert contract.settlement_method == (sent["settlementMethod"] if is_stated else None)
    assert contract.security_ids == ()
    assert (contract.economic_value_multiplier, contract.aggregated_group) == (None, None)


@pytest.mark.parametrize("version", VERSIONS)
@one_case("recorded", WHOLE)
def test_a_row_is_read_field_by_field_as_it_was_sent(recorded: RecordedRow, version: int) -> None:
    read = translate_row(received(recorded, version))
    contract, sent = read.contract, recorded.sent
    assert contract is not None
    assert (read.remarks, read.depends_on_stored) == ((), False)
    check(contract, sent, version)
    assert contract.time_zone == ZONES[sent["timeZoneId"]]
    assert contract.last_trade_date == day(sent["lastTradeDateOrContractMonth"])
    assert contract.last_trade_at == instant(recorded)
    assert contract.last_trade_text == recorded.last_trade
    hours = (sent["tradingHours"], sent["liquidHours"])
    if any(hours):
        schedule = contract.schedule
        assert schedule is not None
        assert (schedule.trading_hours, schedule.liquid_hours) == hours
        assert schedule.time_zone_id == sent["timeZoneId"]
    else:
        assert contract.schedule is None


@pytest.mark.parametrize("version", VERSIONS)
@one_case("recorded", PARTIAL)
def test_what_was_not_recorded_is_unknown_and_what_is_needed_is_reported(
    recorded: RecordedRow, version: int
) -> None:
    read = translate_row(received(recorded, version))
    sent = recorded.sent
    unstated = {NEEDED[field] for field in NEEDED if not sent[field]}
    assert {remark.field for remark in read.remarks} == unstated
    assert (read.con_id, read.symbol) == (int(sent["conId"]), sent["symbol"])
    assert read.depends_on_stored == bool(unstated)
    if not unstated:
        assert read.contract is not None
        check(read.contract, sent, version)
        assert read.contract.last_trade_date == day(sent["lastTradeDateOrContractMonth"])
        return
    assert read.contract is None
    stored = FuturesContract(
        con_id=read.con_id,
        symbol=read.symbol,
        exchange="OLD",
        trading_class="OLD",
        currency="OLD",
        local_symbol="OLD",
        last_trade_date=date(2020, 1, 1),
        multiplier=Decimal(7),
    )
    contract = translate_row(received(recorded, version), stored=stored).contract
    assert contract is not None
    for field, attribute in NEEDED.items():
        is_known = getattr(contract, attribute) == getattr(stored, attribute)
        assert is_known == (attribute in unstated), field


@pytest.mark.parametrize("version", VERSIONS)
@one_case("recorded", RECORDED_CONTRACTS)
def test_a_contract_of_other_records_is_the_same_in_every_form(
    recorded: RecordedContract, version: int
) -> None:
    frame = dialect_for(version).contract_data(recorded.row, 1)
    contract = translate_row(received_frame(frame, version)).contract
    oldest = dialect_for(VERSIONS[0]).contract_data(recorded.row, 1)
    assert contract == translate_row(received_frame(oldest, VERSIONS[0])).contract


def chains() -> dict[tuple[str, str], list[RecordedRow]]:
    """The whole rows of a class that were captured together; of doubled ones the first."""
    found: dict[tuple[str, str], dict[str, RecordedRow]] = defaultdict(dict)
    for row in WHOLE:
        key = row.sent["tradingClass"], row.captured
        found[key].setdefault(row.sent["conId"], row)
    return {key: list(rows.values()) for key, rows in found.items()}


def product_of(rows: Sequence[RecordedRow], version: int, received_at: datetime) -> Future:
    """The product that a reply with these rows makes."""
    first = rows[0].sent
    reply = ContractReply(
        request=ContractRequest(symbol=first["symbol"], exchange=first["exchange"]),
        rows=reply_rows(received(row, version) for row in rows),
        end_frame=b"",
        received_at=received_at,
        server_version=version,
        client_version="",
    )
    reader = ReplyReader(Future, load_catalogue())
    return reader.read(FutureQuery(symbol=first["symbol"]), reply).product


@pytest.mark.parametrize("version", VERSIONS)
@one_case("rows", chains().values())
def test_rows_that_came_without_a_zone_have_that_of_their_siblings(
    rows: Iterable[RecordedRow], version: int
) -> None:
    rows = list(rows)
    product = product_of(rows, version, datetime(2026, 1, 1, tzinfo=UTC))
    zones = {ZONES[row.sent["timeZoneId"]] for row in rows} - {None}
    assert {contract.time_zone for contract in product.contracts} == (zones or {None})
    days = {int(row.sent["conId"]): day(row.sent["lastTradeDateOrContractMonth"]) for row in rows}
    assert {contract.con_id: contract.last_trade_date for contract in product.contracts} == days


@one_case("version", VERSIONS)
def test_the_last_session_of_a_contract_is_not_that_of_its_product(version: int) -> None:
    """ESZ5 stopped on Friday 19 December 2025 at 08:30, and its row was CLOSED from then on."""
    evening = datetime(2025, 12, 19, 2, tzinfo=UTC)
    product = product_of(chains()["ES", "2025-12-16"], version, evening)
    hours = product_hours(product, evening)
    assert hours.calendar is not None
    assert hours.calendar.state(evening) == MarketState(
        is_open=True, until=datetime(2025, 12, 19, 22, tzinfo=UTC)
    )
    monday = hours.calendar.on(date(2025, 12, 22))
    assert [type(session) for session in monday] == [TradingSession, TradingSession]
    december = next(contract for contract in product.contracts if contract.local_symbol == "ESZ5")
    state = contract_market_state(december, evening)
    assert state is not None
    assert state.until == december.last_trade_at == datetime(2025, 12, 19, 14, 30, tzinfo=UTC)


@one_case("version", VERSIONS)
def test_hours_that_begin_with_a_separator_are_read_and_silence_of_others_is_none(
    version: int,
) -> None:
    monday = datetime(2025, 10, 6, 12, tzinfo=UTC)
    product = product_of(chains()["NQ", "2025-10-05"], version, monday)
    hours = product_hours(product, monday)
    assert (hours.contract.local_symbol, hours.problem) == ("NQZ5", None)
    assert hours.text.startswith(";20251005:1700")
    assert hours.calendar is not None
    assert len(hours.calendar.sessions) == 5
