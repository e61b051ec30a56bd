"""From a row to an entity: every field as it was recorded, and nothing believed too easily."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import examples
from fakes.protocol_versions import SPOKEN
from fakes.recordings import (
    RECORDED_ES,
    as_sent,
    as_sent_at,
    contract_of,
    contract_row,
    received,
    received_frame,
    recorded_frame,
)
from ibkr_sync.domain.entities.contracts import ContractMonth, FuturesContract, Venue
from ibkr_sync.domain.entities.futures import CONTRACT_FIELDS, Future
from ibkr_sync.domain.entities.market_rules import MarketRule, PriceIncrement
from ibkr_sync.domain.entities.remarks import Remark, RemarkKind
from ibkr_sync.domain.entities.schedules import TradingSchedule
from ibkr_sync.domain.errors import InvalidReplyError
from ibkr_sync.infrastructure.replay.rows import ContractRow
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.client_events import LadderEvent
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_reply import ReplyRow
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.ladders import translate_ladder
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.translation import translate_row
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.value_parsers import parse_number
from one_case import one_case
from recorded_es import ESM5

(RECORDED,) = RECORDED_ES.contracts


def translated(**fields: object) -> FuturesContract:
    """The recorded row with some fields replaced, as an entity."""
    row = dataclasses.replace(RECORDED, **fields)  # type: ignore[arg-type]
    return contract_of(received(row))


def complaint(**fields: object) -> InvalidReplyError:
    with pytest.raises(InvalidReplyError) as caught:
        translated(**fields)
    return caught.value


def remark(**fields: object) -> Remark:
    row = dataclasses.replace(RECORDED, **fields)  # type: ignore[arg-type]
    (only,) = translate_row(received(row)).remarks
    return only


@one_case("version", [number for number in SPOKEN if number <= 181])
def test_the_recorded_frame_is_translated_field_by_field(version: int) -> None:
    contract = contract_of(received_frame(recorded_frame(version), version))
    assert dataclasses.asdict(contract) == dataclasses.asdict(as_sent_at(version, ESM5))


@one_case("product", [examples.ES, examples.DAX, examples.CRUDE_OIL])
def test_what_a_reply_can_carry_comes_back_as_it_was(product: Future) -> None:
    for contract in as_sent(product, category=None).contracts:
        back = contract_of(received(contract_row(contract)))
        assert dataclasses.asdict(back) == dataclasses.asdict(contract)


HARDLY_EVER_FILLED: Mapping[str, object] = {
    "industry": "Indices",
    "category": "Broad",
    "subcategory": "*",
    "ev_rule": "aussieBond",
    "ev_multiplier": "0.5",
    "agg_group": "4",
    "sec_id_list": (("ISIN", "US0000000000"), ("CUSIP", "000000000")),
    "order_types": "LMT,,MKT,ADJUST",
}


def test_texts_that_are_hardly_ever_filled_are_read_too() -> None:
    contract = translated(**HARDLY_EVER_FILLED)
    assert (contract.industry, contract.category, contract.subcategory) == ("Indices", "Broad", "*")
    assert contract.economic_value_rule == "aussieBond"
    assert contract.economic_value_multiplier == Decimal("0.5")
    assert contract.aggregated_group == 4
    assert contract.security_ids == (("CUSIP", "000000000"), ("ISIN", "US0000000000"))
    assert contract.order_types == ("ADJUST", "LMT", "MKT")


def test_every_field_of_a_contract_is_read_from_a_row() -> None:
    row = received(dataclasses.replace(RECORDED, **HARDLY_EVER_FILLED))  # type: ignore[arg-type]
    for size in ("minSize", "sizeIncrement", "suggestedSizeIncrement"):
        setattr(row.details, size, Decimal(1))  # older ibapis lack them
    text = dataclasses.replace(row.text, settlement_method=" Cash ")  # not in a text frame
    contract = contract_of(dataclasses.replace(row, text=text))
    assert contract.settlement_method == "Cash"
    unread = {
        field.name for field in CONTRACT_FIELDS if getattr(contract, field.name) == field.unknown
    }
    assert unread == {"listing", "remarks"}, "but what the local repository keeps, and what is odd"


def test_an_expired_contract_has_neither_zone_nor_hours() -> None:
    contract = translated(time_zone_id="", trading_hours="", liquid_hours="", order_types="LTH")
    assert contract.time_zone is None
    assert contract.schedule is None
    assert contract.order_types == ("LTH",)
    assert contract.last_trade_date == date(2025, 6, 20)


@one_case("exchanges", ["GLOBEX", "CME"])  # before and after the code's renaming
def test_a_contract_recorded_twice_differs_in_the_exchange_s_code_alone(exchanges: str) -> None:
    contract = translated(
        con_id="215465490",
        local_symbol="ESH7",
        valid_exchanges=exchanges,
        market_rule_ids="",
        agg_group="2147483647",
        under_con_id="11004968",
    )
    assert (contract.con_id, contract.local_symbol) == (215465490, "ESH7")
    assert contract.venues == (Venue(exchange=exchanges),)
    assert (contract.aggregated_group, contract.underlying_con_id) == (None, 11004968)


def test_an_option_on_a_future_is_refused_as_recorded() -> None:
    error = complaint(
        sec_type="FOP",
        local_symbol="E4AN4 C5655",
        under_con_id="568550526",
        under_symbol="ESU4",
        under_sec_type="FUT",
    )
    assert (error.contract, error.field, error.value) == ("E4AN4 C5655", "secType", "FOP")


@one_case(
    ("local_symbol", "con_id", "sent", "at"),
    [
        (
            "GCG6",
            "693609539",
            "20260225 19:30:00 Europe/Zurich",
            datetime(2026, 2, 25, 18, 30, tzinfo=UTC),
        ),
        (
            "GCZ5",
            "397594951",
            "20251229 19:30:00 Europe/Zurich",
            datetime(2025, 12, 29, 18, 30, tzinfo=UTC),
        ),
        (
            "GCF6",
            "760200558",
            "20260128 19:30:00 Europe/Zurich",
            datetime(2026, 1, 28, 18, 30, tzinfo=UTC),
        ),
    ],
)
def test_gold_as_recorded_under_a_login_in_zurich(
    local_symbol: str, con_id: str, sent: str, at: datetime
) -> None:
    contract = translated(
        symbol="GC",
        exchange="COMEX",
        trading_class="GC",
        local_symbol=local_symbol,
        con_id=con_id,
        min_tick="0.1",
        multiplier="100",
        last_trade_date_or_contract_month=sent,
        time_zone_id="US/Eastern",
    )
    assert (contract.local_symbol, contract.con_id) == (local_symbol, int(con_id))
    assert (contract.last_trade_date, contract.last_trade_at) == (at.date(), at)
    assert (contract.last_trade_text, contract.time_zone) == (sent, "America/New_York")
    assert (contract.multiplier, contract.min_tick) == (Decimal(100), Decimal("0.1"))


def with_last_trade_date(text: str) -> ReplyRow:
    """The recorded row, with the date in a field of its own as servers send it from 182 on."""
    row = received(RECORDED)
    row.details.contract.lastTradeDate = text
    return row


@one_case("text", ["20250619", "20250620", "20250621", ""])
def test_the_date_is_that_of_the_instant_in_the_exchange_s_zone(text: str) -> None:
    row = translate_row(with_last_trade_date(text))
    assert row.remarks == ()
    assert row.contract is not None
    assert row.contract.last_trade_date == date(2025, 6, 20)
    assert row.contract.last_trade_at == datetime(2025, 6, 20, 13, 30, tzinfo=UTC)


@one_case("known", [None, date(2025, 6, 20), date(2025, 7, 18), date(2025, 9, 19)])
def test_of_dates_that_contradict_each_other_the_known_one_is_kept_and_it_is_reported(
    known: date | None,
) -> None:
    stored = known and dataclasses.replace(ESM5, last_trade_date=known)
    row = translate_row(with_last_trade_date("20250718"), stored=stored or None)
    assert row.depends_on_stored
    assert row.contract is not None
    is_later = known == date(2025, 7, 18)
    assert row.contract.last_trade_date == (date(2025, 7, 18) if is_later else date(2025, 6, 20))
    assert (row.contract.last_trade_at is None) == is_later
    (only,) = row.remarks
    assert only.kind is RemarkKind.DATES_DISAGREE
    assert (only.field, only.value) == ("last_trade_date", "'20250718'")
    assert only.reason == "it is 2025-06-20 or 2025-07-18"


@one_case(("calendar", "day"), [("20250620", 20), ("", None), ("0", None)])
def test_where_the_text_can_t_be_read_the_date_besides_it_stands(
    calendar: str, day: int | None
) -> None:
    row = received(
        dataclasses.replace(RECORDED, last_trade_date_or_contract_month="20250620 24:00 GB")
    )
    row.details.contract.lastTradeDate = calendar
    read = translate_row(row)
    assert "last_trade_date" in [remark.field for remark in read.remarks]
    if day is None:
        assert read.contract is None
    else:
        assert read.contract is not None
        assert (read.contract.last_trade_date, read.contract.last_trade_at) == (
            date(2025, 6, day),
            None,
        )


@one_case(
    ("zone", "day", "at"),
    [
        ("20250620 15:30 GMT", 20, datetime(2025, 6, 20, 15, 30, tzinfo=UTC)),
        ("20250621 04:30 CTT", 20, datetime(2025, 6, 20, 20, 30, tzinfo=UTC)),
        ("20250620 15:30 Middle/Earth", 20, None),
    ],
)
def test_the_real_expiration_date_never_decides_the_last_trade_date(
    zone: str, day: int, at: datetime | None
) -> None:
    """It is a business day later for milk, and an unknown zone moves no date."""
    for later in ("20250621", "20250623", "20250718", ""):
        contract = translated(last_trade_date_or_contract_month=zone, real_expiration_date=later)
        assert contract.last_trade_date == date(2025, 6, day)
        assert contract.last_trade_at == at


@one_case("zone_id", ["", "Middle/Earth"])
def test_a_row_without_a_zone_has_that_of_a_sibling(zone_id: str) -> None:
    fields = {"time_zone_id": zone_id, "last_trade_date_or_contract_month": "20250621 04:30 CTT"}
    raw = received(dataclasses.replace(RECORDED, **fields))  # type: ignore[arg-type]
    alone = translate_row(raw)
    assert (alone.zone_id, alone.depends_on_stored) == (None, True)
    beside = translate_row(raw, sibling_zone_id="US/Central").contract
    assert beside is not None
    assert (beside.time_zone, beside.last_trade_date) == ("America/Chicago", date(2025, 6, 20))
    assert beside.schedule is not None
    assert beside.schedule.time_zone_id == (zone_id or "US/Central")


def test_the_time_may_be_missing_for_a_month_further_away() -> None:
    near = translated(last_trade_date_or_contract_month="20250620 08:30:00 US/Central")
    far = translated(last_trade_date_or_contract_month="20250919", real_expiration_date="20250919")
    assert near.last_trade_at == datetime(2025, 6, 20, 13, 30, tzinfo=UTC)
    assert (far.last_trade_date, far.last_trade_at) == (date(2025, 9, 19), None)


@one_case(
    "local_symbol",
    [
        *("ESM5", "XKQ6", "CLZ3", "COILZ5", "HSIJ4", "APH3", "IBHYH4", "HOILN7", "6JU4"),
        *("YM   DEC 20", "MYM  JUN 23", "ZN   MAR 24", "FESX JUN 21", "FGBL MAR 23"),
        *("FGBL 20251208 M", "SCOI 20251219 M", "AH_20240221", "SXAH24", "INFY24FEBFUT"),
        *("169120018", "4TLSN4L", "3TLSN4N", "M3FIDRM4P", "DVCE91MR24", "DVCXC MR24"),
        *("DVM3  JN24", "ISP   24L20"),
    ],
)
def test_a_local_symbol_is_kept_as_sent_with_all_its_blanks(local_symbol: str) -> None:
    assert translated(local_symbol=local_symbol).local_symbol == local_symbol


def test_right_and_strike_say_nothing_of_a_future() -> None:
    assert translated(right="0", strike="0.0") == contract_of(received(RECORDED))


MONTHS_NOT_OF_THE_LAST_TRADE = [
    ("CL", "202312", "20231120"),
    ("MCL", "202412", "20241119"),
    ("COIL", "202512", "20251031"),
    ("QM", "202612", "20261118"),
    ("QG", "202612", "20261124"),
    ("HH", "202612", "20261125"),
    ("HO", "202612", "20261130"),
    ("RB", "202612", "20261130"),
    ("TSR20", "202612", "20261130"),
    ("BRE", "202612", "20261130"),
    ("BZ", "202612", "20261030"),
    ("CSC", "202612", "20270105"),
    ("SOFR3", "202612", "20270316"),
]
"""Seen one or two months before the delivery month, and one or three after it."""


@one_case(
    ("symbol", "month", "day"),
    MONTHS_NOT_OF_THE_LAST_TRADE,
)
def test_the_delivery_month_is_the_one_sent_whatever_the_last_trade_date(
    symbol: str, month: str, day: str
) -> None:
    contract = translated(
        symbol=symbol,
        contract_month=month,
        last_trade_date_or_contract_month=day,
        real_expiration_date=day,
    )
    assert contract.contract_month == ContractMonth(int(month[:4]), int(month[4:]))
    assert f"{contract.last_trade_date:%Y%m%d}" == day
    assert f"{contract.last_trade_date:%Y%m}" != month


@one_case(
    ("trading", "liquid", "expected"),
    [
        ("a", "b", TradingSchedule(trading_hours="a", liquid_hours="b", time_zone_id="US/Central")),
        ("a", "", TradingSchedule(trading_hours="a", liquid_hours="", time_zone_id="US/Central")),
        ("", "b", TradingSchedule(trading_hours="", liquid_hours="b", time_zone_id="US/Central")),
        ("", "", None),
    ],
)
def test_hours_are_kept_as_sent(
    trading: str, liquid: str, expected: TradingSchedule | None
) -> None:
    assert translated(trading_hours=trading, liquid_hours=liquid).schedule == expected


def test_the_hours_of_a_whole_month_are_kept() -> None:
    days = [date(2025, 5, 21) + timedelta(days=number) for number in range(35)]
    text = ";".join(f"{d:%Y%m%d}:1700-{d + timedelta(days=1):%Y%m%d}:1600" for d in days)
    schedule = translated(trading_hours=text, liquid_hours=text).schedule
    assert schedule is not None
    assert (schedule.trading_hours, schedule.liquid_hours) == (text, text)


@one_case(
    ("exchanges", "rules", "expected"),
    [
        ("CME,QBALGO", "67,67", [("CME", 67), ("QBALGO", 67)]),
        ("CME,QBALGO", "67,", [("CME", 67), ("QBALGO", None)]),
        ("CME,QBALGO", ",32", [("CME", None), ("QBALGO", 32)]),
        ("CME,QBALGO", "", [("CME", None), ("QBALGO", None)]),
        ("CME,,QBALGO", "67,1,32", [("CME", 67), ("QBALGO", 32)]),
        ("CME", "0", [("CME", 0)]),
        ("NYMEX,QBALGO", "32,32", [("NYMEX", 32), ("QBALGO", 32)]),  # CL
        ("CBOT,QBALGO", "149,149", [("CBOT", 149), ("QBALGO", 149)]),  # YK
        ("CME", "3541", [("CME", 3541)]),
        ("SMART,NYSE", "26,26", [("SMART", 26), ("NYSE", 26)]),
        ("FWB", "557", [("FWB", 557)]),
        ("", "", []),
    ],
)
def test_a_tick_ladder_belongs_to_the_exchange_in_its_place(
    exchanges: str, rules: str, expected: Iterable[tuple[str, int | None]]
) -> None:
    venues = translated(valid_exchanges=exchanges, market_rule_ids=rules).venues
    assert [(venue.exchange, venue.market_rule_id) for venue in venues] == list(expected)


@one_case(
    ("sent", "worth"),
    [
        (("50", "1", "0.25"), ("50", "0.25", "12.5")),  # ES
        (("5000", "100", "0.0025"), ("50", "0.25", "12.5")),  # ZC, ZW: quarters of a cent
        (("1000", "100", "0.005"), ("10", "0.5", "5")),  # Z: 10 GBP a point
        (("1000", "100", "0.00125"), ("10", "0.125", "1.25")),  # YK
        (("0.1", "1", "5"), ("0.1", "5", "0.5")),  # MBT
        (("0.5", "1", "1"), ("0.5", "1", "0.5")),  # MYM
        (("12500000", "1", "0.0000005"), ("12500000", "0.0000005", "6.25")),  # 6J
    ],
)
def test_a_tick_is_worth_what_the_exchange_says(
    sent: tuple[str, str, str], worth: tuple[str, str, str]
) -> None:
    multiplier, magnifier, min_tick = sent
    contract = translated(multiplier=multiplier, price_magnifier=magnifier, min_tick=min_tick)
    read = (contract.point_value, contract.quoted_tick, contract.tick_value)
    assert read == tuple(map(Decimal, worth))


@one_case(
    ("row_field", "field", "value"),
    [
        ("sec_type", "secType", "OPT"),
        ("con_id", "conId", "0"),
        ("symbol", "symbol", ""),
    ],
)
def test_a_complaint_names_contract_field_and_value(row_field: str, field: str, value: str) -> None:
    error = complaint(**{row_field: value})
    assert (error.contract, error.field, error.value) == ("ESM5", field, value)


def test_a_complaint_about_a_row_without_a_name_names_its_id() -> None:
    assert complaint(local_symbol="", sec_type="OPT").contract == "conId 620731015"


def test_neither_complaint_nor_remark_repeats_a_value_of_any_length() -> None:
    assert len(str(complaint(sec_type="X" * 100_000))) < 500
    assert len(str(remark(contract_month="9" * 100_000))) < 500


ODD_FIELDS: list[tuple[str, str, str]] = [
    ("currency", "currency", "\x1b"),
    ("exchange", "exchange", ""),
    ("trading_class", "trading_class", ""),
    ("local_symbol", "local_symbol", ""),
    ("last_trade_date_or_contract_month", "last_trade_date", "soon"),
    ("min_tick", "min_tick", "0"),
    ("min_tick", "min_tick", "x"),
    ("multiplier", "multiplier", "-1"),
    ("price_magnifier", "price_magnifier", "x"),
    ("price_magnifier", "price_magnifier", "-1"),
    ("under_con_id", "underlying_con_id", "x"),
    ("contract_month", "contract_month", "202513"),
    ("time_zone_id", "time_zone", "Mars/Olympus"),
    ("ev_multiplier", "economic_value_multiplier", "one"),
    ("real_expiration_date", "real_expiration_date", "99991231"),
    ("agg_group", "aggregated_group", "-2"),
]


@one_case(("sent", "field", "value"), ODD_FIELDS)
def test_a_field_that_can_t_be_read_is_unstated_and_a_remark(
    sent: str, field: str, value: str
) -> None:
    only = remark(**{sent: value})
    assert (only.kind, only.field, only.value) == (RemarkKind.ODD_ROW, field, repr(value))
    row = translate_row(
        received(dataclasses.replace(RECORDED, **{sent: value})),  # type: ignore[arg-type]
    )
    assert row.con_id == 620731015
    if row.contract is not None:
        expected = contract_of(received(RECORDED))
        assert getattr(row.contract, field) is None
        for other in dataclasses.fields(row.contract):
            if other.name not in {field, "last_trade_at", "last_trade_date", "schedule", "remarks"}:
                assert getattr(row.contract, other.name) == getattr(expected, other.name), (
                    other.name
                )


@one_case(
    "sent",
    ["currency", "exchange", "trading_class", "local_symbol", "last_trade_date_or_contract_month"],
)
def test_what_no_contract_can_be_without_is_as_it_is_known(sent: str) -> None:
    raw = received(dataclasses.replace(RECORDED, **{sent: ""}))  # type: ignore[arg-type]
    alone = translate_row(raw)
    assert (alone.contract, alone.depends_on_stored) == (None, True)
    stored = dataclasses.replace(contract_of(received(RECORDED)), multiplier=None)
    known = translate_row(raw, stored=stored)
    assert known.remarks == alone.remarks
    assert known.contract is not None
    assert known.contract.multiplier == 50  # all else as the row has it
    for name in ("currency", "exchange", "trading_class", "local_symbol", "last_trade_date"):
        assert getattr(known.contract, name) == getattr(stored, name)


@one_case(
    ("rule_ids", "exchanges"),
    [("67", "CME,QBALGO"), ("67,x", "CME,QBALGO"), (f"67,{2**31}", "CME,QBALGO")],
)
def test_ladders_that_can_t_be_read_leave_the_exchanges(rule_ids: str, exchanges: str) -> None:
    fields = {"market_rule_ids": rule_ids, "valid_exchanges": exchanges}
    assert remark(**fields).field == "market_rule_ids"
    assert translated(**fields).venues == (Venue(exchange="CME"), Venue(exchange="QBALGO"))


numbers = st.decimals(allow_nan=False, allow_infinity=False, places=12).filter(
    lambda item: abs(item) < 10**15 and item != 2147483647
)


@given(numbers, st.sampled_from(["f", "E"]))
def test_a_number_is_read_exactly_in_whatever_notation(number: Decimal, notation: str) -> None:
    assert parse_number(format(number, notation)) == number


@given(st.text(max_size=30) | st.text("0123456789.eE+-_ naif\u0665", max_size=12))
def test_any_text_is_read_as_the_number_it_says_or_refused(text: str) -> None:
    try:
        number = parse_number(text)
    except ValueError:
        return
    if number is None:
        assert text == "" or Decimal(text) > 10**307 or Decimal(text) in (2147483647, 2**127 - 1)
    else:
        assert number == Decimal(text)
        assert abs(number) < 10**15


@one_case("text", [" 1", "1 ", "1_0", "\u0665", "0x1", "1,5", "--1", ".", "e5", "1e"])
def test_what_python_would_take_for_a_number_but_tws_never_writes_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a finite number"):
        parse_number(text)


@one_case(
    "placeholder",
    ["", 2147483647, "2147483647", 1.7976931348623157e308, "1.7976931348623157E308", 2**127 - 1],
)
def test_a_placeholder_is_no_number(placeholder: object) -> None:
    assert parse_number(placeholder) is None


def test_a_ladder_is_translated_exactly() -> None:
    ladder = LadderEvent(67, ((-9999.0, 5e-07), (0.0, 0.1), (3.5, 0.25)))
    steps = [("-9999", "0.0000005"), ("0", "0.1"), ("3.5", "0.25")]
    assert translate_ladder(ladder) == MarketRule(
        market_rule_id=67,
        increments=tuple(
            PriceIncrement(low_edge=Decimal(edge), increment=Decimal(step)) for edge, step in steps
        ),
    )


@one_case(
    "increments",
    [
        (),
        ((0.0, 0.0),),
        ((0.0, -1.0),),
        ((float("nan"), 1.0),),
        ((0.0, float("inf")),),
        ((0.0, 1.7976931348623157e308),),
        ((0.0, 1.0), (0.0, 2.0)),
        ((5.0, 1.0), (0.0, 2.0)),
    ],
)
def test_what_is_no_ladder_is_refused(increments: tuple[tuple[float, float], ...]) -> None:
    with pytest.raises(InvalidReplyError, match="market rule 67"):
        translate_ladder(LadderEvent(67, increments))


def test_rows_of_every_text_version_translate_alike() -> None:
    """Only the installed ibapi limits which of them can be decoded."""
    row: ContractRow = RECORDED
    for version in (157, 158, 162):
        assert contract_of(received(row, server_version=version)) == contract_of(received(row))


def test_a_row_has_no_more_security_ids_than_any_contract() -> None:
    ids = tuple((f"T{number}", str(number)) for number in range(129))
    assert len(translated(sec_id_list=ids[:128]).security_ids) == 128
    assert remark(sec_id_list=ids).field == "security_ids"
