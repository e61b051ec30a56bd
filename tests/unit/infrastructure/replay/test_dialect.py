from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.tws_client import decode_error
from ibkr_sync.infrastructure.replay.protocol.requests import (
    CancelContractDataRequest,
    ContractDataRequest,
    CurrentTimeRequest,
    MarketRuleRequest,
    OtherRequest,
    StartApiRequest,
    UnreadableRequest,
)
from ibkr_sync.infrastructure.replay.protocol.text_dialect import (
    TextDialect,
    ascii_text,
    text_dialect,
)
from ibkr_sync.infrastructure.replay.protocol.wire import fields_from_wire
from ibkr_sync.infrastructure.replay.rows import ContractRow, MarketRuleRow
from one_case import one_case
from recorded_es import REQUEST

VERSIONS = range(157, 201)
NOW = datetime(2026, 11, 23, 12, 0, 0, 250_000, tzinfo=UTC)
MONTH_OF_ES = ("9", "8", "12", "0", "ES", "FUT", "202612", "0.0", "", "50", "CME", "", "USD")


def _payload(*fields: str) -> bytes:
    return "".join(f"{field}\0" for field in fields).encode()


@one_case("version", [156, 201, 0, -1])
def test_a_version_that_is_not_spoken_has_no_dialect(version: int) -> None:
    with pytest.raises(ValueError, match=r"outside 157\.\.200"):
        text_dialect(version)


@one_case("version", VERSIONS)
def test_errors_are_laid_out_as_each_version_expects(version: int) -> None:
    wire = fields_from_wire(text_dialect(version).error(12, 200, "No security definition", NOW))
    assert decode_error(wire, version) == (12, 200, "No security definition")


def test_an_error_carries_its_time_in_milliseconds_from_194_on() -> None:
    assert fields_from_wire(text_dialect(194).error(-1, 1100, "lost", NOW))[-1] == "1795435200250"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_error_texts_are_ascii_that_unescapes_to_the_original(text: str) -> None:
    escaped = ascii_text(text)
    assert escaped.isascii()
    assert escaped.encode("ascii").decode("unicode-escape") == text


@one_case("version", VERSIONS)
def test_the_simple_messages_have_the_layout_of_every_text_version(version: int) -> None:
    dialect = text_dialect(version)
    rule = MarketRuleRow(market_rule_id="67", increments=(("0", "0.25"), ("100", "0.5")))
    assert dialect.next_valid_id(1) == b"9\x001\x001\0"
    assert dialect.managed_accounts("DU1,DU2") == b"15\x001\0DU1,DU2\0"
    assert dialect.contract_data_end(12) == b"52\x001\x0012\0"
    assert dialect.current_time(NOW) == b"49\x001\x001795435200\0"
    assert dialect.market_rule(rule) == b"93\x0067\x002\x000\x000.25\x00100\x000.5\0"


def test_a_row_is_encoded_the_same_under_every_request_id(
    make_row: Callable[..., ContractRow],
) -> None:
    dialect = TextDialect(187)
    first = fields_from_wire(dialect.contract_data(make_row(), 1))
    second = fields_from_wire(dialect.contract_data(make_row(), 2000000))
    assert (first[1], second[1]) == ("1", "2000000")
    assert first[2:] == second[2:]
    assert first[0] == second[0] == "10"


@one_case("version", VERSIONS)
def test_a_contract_request_is_understood_at_every_version(version: int) -> None:
    rest = ("ESZ6", "ES", "1", "ISIN", "X1", *(["e1234"] if version >= 176 else []))
    assert text_dialect(version).decode(_payload(*MONTH_OF_ES, *rest)) == ContractDataRequest(
        req_id=12,
        symbol="ES",
        sec_type="FUT",
        last_trade_date_or_contract_month="202612",
        strike="0.0",
        multiplier="50",
        exchange="CME",
        currency="USD",
        local_symbol="ESZ6",
        trading_class="ES",
        include_expired=True,
        sec_id_type="ISIN",
        sec_id="X1",
        issuer_id="e1234" if version >= 176 else "",
    )


@one_case("version", [164, 175])
def test_the_recorded_request_is_understood(version: int) -> None:
    payload = REQUEST.replace("|", "\0").encode()
    assert text_dialect(version).decode(payload) == ContractDataRequest(
        req_id=9000,
        symbol="ES",
        sec_type="FUT",
        last_trade_date_or_contract_month="202506",
        strike="0",
        exchange="GLOBEX",
        currency="USD",
    )


@one_case(
    ("fields", "request_"),
    [
        (("71", "2", "7", ""), StartApiRequest(client_id=7)),
        (("91", "67"), MarketRuleRequest(market_rule_id="67")),
        (("49", "1"), CurrentTimeRequest()),
        (("106", "12"), CancelContractDataRequest()),
        (("3", "1", "0", "ES"), OtherRequest(message_id=3)),
        (("58", "1"), OtherRequest(message_id=58)),
        (("91", "x"), UnreadableRequest(reason="Unable to parse message 91")),
        (("71",), UnreadableRequest(reason="Unable to parse message 71")),
        ((*MONTH_OF_ES, "", ""), UnreadableRequest(reason="Unable to parse message 9", req_id=12)),
        (("9", "8", "x"), UnreadableRequest(reason="Unable to parse message 9")),
        (("abc",), UnreadableRequest(reason="Unable to parse the message")),
        ((), UnreadableRequest(reason="Unable to parse the message")),
    ],
)
def test_every_message_of_a_client_is_understood_or_called_unreadable(
    fields: tuple[str, ...], request_: object
) -> None:
    assert text_dialect(176).decode(_payload(*fields)) == request_


@given(st.binary(max_size=60))
def test_no_bytes_of_a_client_break_the_dialect(payload: bytes) -> None:
    decoded = text_dialect(187).decode(payload)
    assert isinstance(decoded, UnreadableRequest) or payload.endswith(b"\0")
