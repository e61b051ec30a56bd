"""From a row to an entity: every field as it was recorded, and nothing believed too easily."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import examples
from fakes.recordings import RECORDED_ES, as_sent, contract_row, received
from ibkr_sync.domain.entities.contracts import (
    ContractMonth,
    FuturesContract,
    TradingSchedule,
    Venue,
)
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.entities.market_rules import MarketRule, PriceIncrement
from ibkr_sync.domain.errors import InvalidReplyError
from ibkr_sync.infrastructure.replay.rows import ContractRow
from ibkr_sync.infrastructure.repositories.ibkr_repo.client import Ladder
from ibkr_sync.infrastructure.repositories.ibkr_repo.translation import (
    parse_number,
    translate_ladder,
    translate_row,
)

(RECORDED,) = RECORDED_ES.contracts

TRADING_HOURS = (
    "20250521:1700-20250522:1600;20250522:1700-20250523:1600;20250524:CLOSED;"
    "20250525:1700-20250526:1200;20250526:1700-20250527:1600;20250527:1700-20250528:1600"
)
LIQUID_HOURS = (
    "20250522:0830-20250522:1600;20250523:0830-20250523:1600;20250524:CLOSED;"
    "20250525:1700-20250526:1200;20250527:0830-20250527:1600;20250527:1700-20250528:1600"
)


def translated(**fields: object) -> FuturesContract:
    """The recorded row with some fields replaced, as an entity."""
    row = dataclasses.replace(RECORDED, **fields)  # type: ignore[arg-type]
    return translate_row(received(row))


def complaint(**fields: object) -> InvalidReplyError:
    with pytest.raises(InvalidReplyError) as caught:
        translated(**fields)
    return caught.value


def test_a_recorded_row_is_translated_field_by_field() -> None:
    assert dataclasses.asdict(translate_row(received(RECORDED))) == dataclasses.asdict(
        FuturesContract(
            con_id=620731015,
            symbol="ES",
            exchange="CME",
            trading_class="ES",
            currency="USD",
            local_symbol="ESM5",
            last_trade_date=date(2025, 6, 20),
            last_trade_at=datetime(2025, 6, 20, 13, 30, tzinfo=UTC),
            last_trade_text="20250620 08:30 US/Central",
            contract_month=ContractMonth(2025, 6),
            real_expiration_date=date(2025, 6, 20),
            multiplier=Decimal(50),
            min_tick=Decimal("0.25"),
            price_magnifier=1,
            market_name="ES",
            long_name="E-mini S&P 500",
            underlying_con_id=11004968,
            underlying_symbol="ES",
            underlying_sec_type="IND",
            time_zone="America/Chicago",
            venues=(
                Venue(exchange="CME", market_rule_id=67),
                Venue(exchange="QBALGO", market_rule_id=67),
            ),
            order_types=("ACTIVETIM", "WHATIF"),
            schedule=TradingSchedule(
                trading_hours=TRADING_HOURS,
                liquid_hours=LIQUID_HOURS,
                time_zone_id="US/Central",
            ),
        )
    )


@pytest.mark.parametrize("product", [examples.ES, examples.DAX, examples.CRUDE_OIL])
def test_what_a_reply_can_carry_comes_back_as_it_was(product: Future) -> None:
    for contract in as_sent(product, category=None).contracts:
        back = translate_row(received(contract_row(contract)))
        assert dataclasses.asdict(back) == dataclasses.asdict(contract)


def test_texts_that_are_hardly_ever_filled_are_read_too() -> None:
    contract = translated(
        industry="Indices",
        category="Broad",
        subcategory="*",
        ev_rule="aussieBond",
        ev_multiplier="0.5",
        agg_group="4",
        sec_id_list=(("ISIN", "US0000000000"), ("CUSIP", "000000000")),
        order_types="LMT,,MKT,ADJUST",
    )
    assert (contract.industry, contract.category, contract.subcategory) == ("Indices", "Broad", "*")
    assert contract.economic_value_rule == "aussieBond"
    assert contract.economic_value_multiplier == Decimal("0.5")
    assert contract.aggregated_group == 4
    assert contract.security_ids == (("CUSIP", "000000000"), ("ISIN", "US0000000000"))
    assert contract.order_types == ("ADJUST", "LMT", "MKT")


def test_an_expired_contract_has_neither_zone_nor_hours() -> None:
    contract = translated(time_zone_id="", trading_hours="", liquid_hours="", order_types="LTH")
    assert contract.time_zone is None
    assert contract.schedule is None
    assert contract.last_trade_date == date(2025, 6, 20)


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


@pytest.mark.parametrize(
    ("exchanges", "rules", "expected"),
    [
        ("CME,QBALGO", "67,67", [("CME", 67), ("QBALGO", 67)]),
        ("CME,QBALGO", "67,", [("CME", 67), ("QBALGO", None)]),
        ("CME,QBALGO", ",32", [("CME", None), ("QBALGO", 32)]),
        ("CME,QBALGO", "", [("CME", None), ("QBALGO", None)]),
        ("CME,,QBALGO", "67,1,32", [("CME", 67), ("QBALGO", 32)]),
        ("CME", "0", [("CME", 0)]),
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
        (("5000", "100", "0.0025"), ("50", "0.25", "12.5")),  # ZC: quarters of a cent a bushel
        (("1000", "100", "0.00125"), ("10", "0.125", "1.25")),  # YK
        (("0.1", "1", "5"), ("0.1", "5", "0.5")),  # MBT
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
def test_no_text_is_read_as_a_number_that_could_not_be_stored(text: str) -> None:
    try:
        number = parse_number(text)
    except ValueError:
        return
    assert number is None or (number.is_finite() and abs(number) < 10**15)


@pytest.mark.parametrize(
    "text", [" 1", "1 ", "1_0", "\u0665", "0x1", "1,5", "--1", ".", "e5", "1e"]
)
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


@pytest.mark.parametrize(
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
