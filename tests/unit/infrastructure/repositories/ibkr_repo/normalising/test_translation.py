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
    contract_row,
    received,
    received_frame,
    recorded_frame,
)
from ibkr_sync.domain.entities.contracts import (
    ContractMonth,
    FuturesContract,
    TradingSchedule,
    Venue,
)
from ibkr_sync.domain.entities.futures import CONTRACT_FIELDS, Future
from ibkr_sync.domain.entities.market_rules import MarketRule, PriceIncrement
from ibkr_sync.domain.errors import InvalidReplyError
from ibkr_sync.infrastructure.replay.rows import ContractRow
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.replies import Ladder
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.translation import (
    parse_number,
    translate_ladder,
    translate_row,
)
from one_case import one_case
from recorded_es import ESM5

(RECORDED,) = RECORDED_ES.contracts


def translated(**fields: object) -> FuturesContract:
    """The recorded row with some fields replaced, as an entity."""
    row = dataclasses.replace(RECORDED, **fields)  # type: ignore[arg-type]
    return translate_row(received(row))


def complaint(**fields: object) -> InvalidReplyError:
    with pytest.raises(InvalidReplyError) as caught:
        translated(**fields)
    return caught.value


@pytest.mark.parametrize("version", [each for each in SPOKEN if each <= 181])
def test_the_recorded_frame_is_translated_field_by_field(version: int) -> None:
    contract = translate_row(received_frame(recorded_frame(version), version))
    assert dataclasses.asdict(contract) == dataclasses.asdict(as_sent_at(version, ESM5))


@pytest.mark.parametrize("product", [examples.ES, examples.DAX, examples.CRUDE_OIL])
def test_what_a_reply_can_carry_comes_back_as_it_was(product: Future) -> None:
    for contract in as_sent(product, category=None).contracts:
        back = translate_row(received(contract_row(contract)))
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
    contract = translate_row(row)
    unread = {each.name for each in CONTRACT_FIELDS if getattr(contract, each.name) == each.unknown}
    assert unread == {"listing"}, "but when the local repository listed it"


def test_an_expired_contract_has_neither_zone_nor_hours() -> None:
    contract = translated(time_zone_id="", trading_hours="", liquid_hours="", order_types="LTH")
    assert contract.time_zone is None
    assert contract.schedule is None
    assert contract.order_types == ("LTH",)
    assert contract.last_trade_date == date(2025, 6, 20)


@pytest.mark.parametrize("exchanges", ["GLOBEX", "CME"])  # before and after the code's renaming
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


@pytest.mark.parametrize(
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


def test_the_date_in_a_field_of_its_own_outranks_the_one_with_the_time() -> None:
    """Servers send it from version 182 on; it never shifts with the login's zone."""
    row = received(RECORDED)
    row.details.contract.lastTradeDate = "20250619"
    contract = translate_row(row)
    assert contract.last_trade_date == date(2025, 6, 19)
    assert contract.last_trade_at == datetime(2025, 6, 20, 13, 30, tzinfo=UTC)


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
    assert translated(right="0", strike="0.0") == translate_row(received(RECORDED))


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


@pytest.mark.parametrize(
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


@pytest.mark.parametrize(
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


@pytest.mark.parametrize(
    ("row_field", "field", "value"),
    [
        ("sec_type", "secType", "OPT"),
        ("con_id", "conId", "0"),
        ("exchange", "exchange", ""),
        ("multiplier", "multiplier", "-1"),
        ("real_expiration_date", "realExpirationDate", "soon"),
        ("market_rule_ids", "marketRuleIds", "67"),
    ],
)
def test_a_complaint_names_contract_field_and_value(row_field: str, field: str, value: str) -> None:
    error = complaint(**{row_field: value})
    assert (error.contract, error.field, error.value) == ("ESM5", field, value)


def test_a_complaint_about_a_row_without_a_name_names_its_id() -> None:
    assert complaint(local_symbol="").contract == "conId 620731015"


def test_a_complaint_does_not_repeat_a_value_of_any_length() -> None:
    error = complaint(contract_month="9" * 100_000)
    assert len(str(error)) < 500


numbers = st.decimals(allow_nan=False, allow_infinity=False, places=12).filter(
    lambda each: abs(each) < 10**15 and each != 2147483647
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


@pytest.mark.parametrize(
    "placeholder",
    ["", 2147483647, "2147483647", 1.7976931348623157e308, "1.7976931348623157E308", 2**127 - 1],
)
def test_a_placeholder_is_no_number(placeholder: object) -> None:
    assert parse_number(placeholder) is None


def test_a_ladder_is_translated_exactly() -> None:
    ladder = Ladder(67, ((-9999.0, 5e-07), (0.0, 0.1), (3.5, 0.25)))
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
        translate_ladder(Ladder(67, increments))


def test_rows_of_every_text_version_translate_alike() -> None:
    """Only the installed ibapi limits which of them can be decoded."""
    row: ContractRow = RECORDED
    for version in (157, 158, 162):
        assert translate_row(received(row, server_version=version)) == translate_row(received(row))
