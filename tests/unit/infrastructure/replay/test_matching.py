from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibkr_sync.infrastructure.replay.protocol.requests import ContractDataRequest
from ibkr_sync.infrastructure.replay.rows import ContractRow
from ibkr_sync.infrastructure.replay.serving.matching import MatchableRows, unmatchable_reason
from one_case import one_case

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_an_answer_is_found_by_its_con_id_alone(make_row: Callable[..., ContractRow]) -> None:
    apart = make_row(con_id="7", local_symbol="ESU7")
    book = MatchableRows([make_row()], [apart])
    asked = ContractDataRequest(req_id=1, symbol="ES", sec_type="FUT", exchange="CME")
    assert book.answer(asked, NOW) == (make_row(),)
    assert book.answer(ContractDataRequest(req_id=1, con_id=7, exchange="CME"), NOW) == (apart,)


@pytest.fixture
def book(make_row: Callable[..., ContractRow]) -> MatchableRows:
    """ES with one expired contract, SI in two sizes, crude oil, and a Eurex product."""
    si = {
        "symbol": "SI",
        "exchange": "COMEX",
        "valid_exchanges": "COMEX",
        "last_trade_date_or_contract_month": "20261229",
        "contract_month": "202612",
    }
    return MatchableRows(
        [
            make_row(),
            make_row(
                con_id="600000001",
                local_symbol="ESZ6",
                last_trade_date_or_contract_month="20261218",
                contract_month="202612",
            ),
            make_row(
                con_id="500000001",
                local_symbol="ESU6",
                last_trade_date_or_contract_month="20260918",
                contract_month="202609",
            ),
            make_row(con_id="10", local_symbol="SIZ6", trading_class="SI", multiplier="5000", **si),
            make_row(
                con_id="11", local_symbol="SILZ6", trading_class="SIL", multiplier="1000", **si
            ),
            make_row(
                con_id="20",
                symbol="CL",
                exchange="NYMEX",
                valid_exchanges="NYMEX",
                local_symbol="CLF7",
                trading_class="CL",
                multiplier="1000.0",
                last_trade_date_or_contract_month="20261221",
                contract_month="202701",
            ),
            make_row(
                con_id="30",
                symbol="MBT",
                exchange="CME",
                local_symbol="MBTZ6",
                trading_class="MBT",
                multiplier="0.1",
                currency="EUR",
                last_trade_date_or_contract_month="20261224",
                contract_month="202612",
            ),
        ]
    )


def _local_symbols(rows: Iterable[ContractRow]) -> set[str]:
    return {row.local_symbol for row in rows}


def _ask(**fields: Any) -> ContractDataRequest:
    return replace(ContractDataRequest(req_id=1, sec_type="FUT"), **fields)


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"symbol": "ES"}, {"ESZ6", "ESM7"}),
        ({"symbol": "ES", "exchange": "CME"}, {"ESZ6", "ESM7"}),
        ({"symbol": "ES", "exchange": "QBALGO"}, {"ESZ6", "ESM7"}),
        ({"symbol": "ES", "exchange": "GLOBEX"}, set()),
        ({"symbol": "ES", "exchange": "CME", "currency": "USD"}, {"ESZ6", "ESM7"}),
        ({"symbol": "ES", "exchange": "CME", "currency": "EUR"}, set()),
        ({"symbol": "ES", "include_expired": True}, {"ESU6", "ESZ6", "ESM7"}),
        ({"symbol": "ES", "last_trade_date_or_contract_month": "202612"}, {"ESZ6"}),
        ({"symbol": "ES", "last_trade_date_or_contract_month": "20261218"}, {"ESZ6"}),
        ({"symbol": "ES", "last_trade_date_or_contract_month": "20270618"}, {"ESM7"}),
        ({"symbol": "ES", "last_trade_date_or_contract_month": "20261219"}, set()),
        ({"symbol": "ES", "last_trade_date_or_contract_month": "202609"}, set()),
        ({"symbol": "CL", "last_trade_date_or_contract_month": "202701"}, {"CLF7"}),
        ({"symbol": "CL", "last_trade_date_or_contract_month": "202612"}, set()),
        ({"symbol": "SI"}, {"SIZ6", "SILZ6"}),
        ({"symbol": "SI", "multiplier": "1000"}, {"SILZ6"}),
        ({"symbol": "SI", "multiplier": "1000.00"}, {"SILZ6"}),
        ({"symbol": "SI", "multiplier": "100"}, set()),
        ({"symbol": "SI", "multiplier": "x"}, set()),
        ({"symbol": "CL", "multiplier": "1000"}, {"CLF7"}),
        ({"symbol": "MBT", "multiplier": "0.10"}, {"MBTZ6"}),
        ({"symbol": "SI", "trading_class": "SIL"}, {"SILZ6"}),
        ({"trading_class": "SIL"}, {"SILZ6"}),
        ({"local_symbol": "SILZ6"}, {"SILZ6"}),
        ({"local_symbol": "SILZ6", "symbol": "ES"}, set()),
        ({"con_id": 20}, {"CLF7"}),
        ({"con_id": 20, "sec_type": ""}, {"CLF7"}),
        ({"con_id": 20, "symbol": "ES"}, set()),
        ({"con_id": 500000001}, set()),
        ({"con_id": 500000001, "include_expired": True}, {"ESU6"}),
        ({"con_id": -20}, set()),
        ({"symbol": "ES", "strike": "0.0"}, {"ESZ6", "ESM7"}),
        ({"symbol": "ES", "strike": "1.7976931348623157e+308"}, {"ESZ6", "ESM7"}),
        ({"symbol": "ES", "strike": "4000"}, set()),
        ({"symbol": "ES", "sec_type": "STK"}, set()),
        ({"symbol": "es"}, set()),
        ({"symbol": "ES", "sec_id_type": "ISIN", "sec_id": "X1"}, set()),
    ],
)
def test_every_field_of_a_request_must_agree(
    book: MatchableRows, fields: dict[str, object], found: set[str]
) -> None:
    assert _local_symbols(book.answer(_ask(**fields), NOW)) == found


def test_without_an_exchange_each_route_answers_equal_but_for_its_name(book: MatchableRows) -> None:
    rows = book.answer(_ask(local_symbol="ESM7"), NOW)
    assert {row.exchange for row in rows} == {"CME", "QBALGO"}
    assert len({replace(row, exchange="") for row in rows}) == 1


def test_a_route_that_was_recorded_itself_is_not_made_up(
    make_row: Callable[..., ContractRow],
) -> None:
    recorded = [make_row(), make_row(exchange="QBALGO", market_rule_ids="99")]
    rows = MatchableRows(recorded).answer(_ask(symbol="ES"), NOW)
    assert sorted(row.market_rule_ids for row in rows) == ["67,67", "99"]


def test_an_expired_contract_comes_without_zone_and_hours(book: MatchableRows) -> None:
    (row,) = book.answer(_ask(con_id=500000001, exchange="CME", include_expired=True), NOW)
    assert (row.time_zone_id, row.trading_hours, row.liquid_hours) == ("", "", "")
    assert row.last_trade_date_or_contract_month == "20260918"


@pytest.mark.parametrize(
    ("zone", "last_instant"),
    [
        ("US/Central", datetime(2027, 6, 19, 5, tzinfo=UTC)),
        ("Japan", datetime(2027, 6, 18, 15, tzinfo=UTC)),
        ("", datetime(2027, 6, 19, tzinfo=UTC)),
        ("CST (Central Standard Time)", datetime(2027, 6, 19, tzinfo=UTC)),
    ],
)
def test_a_contract_expires_when_its_last_trade_date_ends_where_it_trades(
    make_row: Callable[..., ContractRow], zone: str, last_instant: datetime
) -> None:
    book = MatchableRows([make_row(time_zone_id=zone)])
    before = last_instant - timedelta(seconds=1)
    assert book.answer(_ask(symbol="ES"), before)
    assert not book.answer(_ask(symbol="ES"), last_instant)


@pytest.mark.parametrize("garbage", ["", "NOEXP", "99999999", "99991231", "2027-06-18"])
def test_a_contract_whose_date_cannot_be_read_never_expires(
    make_row: Callable[..., ContractRow], garbage: str
) -> None:
    book = MatchableRows([make_row(last_trade_date_or_contract_month=garbage)])
    assert book.answer(_ask(symbol="ES"), datetime(2200, 1, 1, tzinfo=UTC))


def test_the_own_field_of_the_last_trade_date_wins(make_row: Callable[..., ContractRow]) -> None:
    shifted = make_row(
        last_trade_date_or_contract_month="20270619 01:00:00 Asia/Shanghai",
        last_trade_date="20270618",
    )
    book = MatchableRows([shifted])
    assert book.answer(_ask(symbol="ES", last_trade_date_or_contract_month="20270618"), NOW)
    assert not book.answer(_ask(symbol="ES", last_trade_date_or_contract_month="20270619"), NOW)


def test_a_continuous_future_is_the_nearest_contract_of_each_venue_and_multiplier(
    book: MatchableRows,
) -> None:
    es = book.answer(_ask(symbol="ES", sec_type="CONTFUT"), NOW)
    si = book.answer(_ask(symbol="SI", sec_type="CONTFUT"), NOW)
    assert {(row.sec_type, row.local_symbol, row.exchange) for row in es} == {
        ("CONTFUT", "ESZ6", "CME"),
        ("CONTFUT", "ESZ6", "QBALGO"),
    }
    assert {row.multiplier for row in si} == {"5000", "1000"}


def test_both_kinds_can_be_asked_for_at_once(book: MatchableRows) -> None:
    rows = book.answer(_ask(symbol="ES", sec_type="FUT+CONTFUT", exchange="CME"), NOW)
    assert sorted((row.sec_type, row.local_symbol) for row in rows) == [
        ("CONTFUT", "ESZ6"),
        ("FUT", "ESM7"),
        ("FUT", "ESZ6"),
    ]


@given(st.permutations(range(24)))
def test_rows_come_in_an_order_that_is_neither_by_date_nor_by_recording(order: list[int]) -> None:
    months = [f"{2027 + index // 12}{index % 12 + 1:02}" for index in range(24)]
    rows = [
        ContractRow(
            symbol="CL",
            exchange="NYMEX",
            currency="USD",
            local_symbol=f"CL{month}",
            trading_class="CL",
            con_id=str(1000 + index),
            min_tick="0.01",
            last_trade_date_or_contract_month=f"{month}20",
        )
        for index, month in enumerate(months)
    ]
    answer = MatchableRows([rows[index] for index in order]).answer(_ask(symbol="CL"), NOW)
    dates = [row.last_trade_date_or_contract_month for row in answer]
    assert sorted(dates) == [f"{month}20" for month in months]
    assert dates != sorted(dates)
    assert answer == MatchableRows(rows).answer(_ask(symbol="CL"), NOW)


@one_case(
    ("fields", "reason"),
    [
        ({}, "symbol"),
        ({"symbol": "ES", "sec_type": ""}, "security type"),
        ({"symbol": "ES", "last_trade_date_or_contract_month": "2026"}, "contract month"),
        ({"symbol": "ES", "last_trade_date_or_contract_month": "DEC 26"}, "contract month"),
    ],
)
def test_an_invalid_request_is_refused_with_a_reason(
    fields: dict[str, object], reason: str
) -> None:
    assert reason in (unmatchable_reason(_ask(**fields)) or "")


@one_case("fields", [{"symbol": "ES"}, {"con_id": 1, "sec_type": ""}])
def test_a_valid_request_is_not_refused(fields: dict[str, object]) -> None:
    assert unmatchable_reason(_ask(**fields)) is None
