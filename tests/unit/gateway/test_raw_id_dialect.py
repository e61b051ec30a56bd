from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.tws_client import decode_contract_data
from fakes.tws_protobuf import contract_request, decode_payload, field, fields_of
from gateway.dialects import dialect_for
from ibkr_sync.infrastructure.replay.protocol.contract_data import ContractDataError
from ibkr_sync.infrastructure.replay.protocol.requests import (
    CancelContractDataRequest,
    ContractDataRequest,
    CurrentTimeRequest,
    MarketRuleRequest,
    OtherRequest,
    Request,
    StartApiRequest,
    UnreadableRequest,
)
from ibkr_sync.infrastructure.replay.protocol.wire import WireError
from ibkr_sync.infrastructure.replay.rows import ContractRow, MarketRuleRow
from one_case import one_case

VERSIONS = range(201, 227)
NOW = datetime(2026, 11, 23, 12, 0, 0, 250_000, tzinfo=UTC)
RULE = MarketRuleRow(market_rule_id="67", increments=(("0", "0.25"), ("100", "0.5")))


def _raw_id(message_id: int, body: bytes = b"") -> bytes:
    return message_id.to_bytes(4, "big") + body


@one_case("version", VERSIONS)
def test_each_message_is_protobuf_from_its_version_on_and_text_before(
    version: int, make_row: Callable[..., ContractRow]
) -> None:
    dialect = dialect_for(version)
    assert decode_payload(dialect.error(12, 200, "No security definition", NOW)) == (
        204, {"id": 12, "time": 1795435200250, "code": 200, "text": "No security definition"},
    )  # fmt: skip
    assert decode_payload(dialect.managed_accounts("DU1,DU2")) == (
        (215, {"accounts": "DU1,DU2"}) if version >= 207 else (15, ("1", "DU1,DU2"))
    )
    assert decode_payload(dialect.market_rule(RULE)) == (
        (
            293,
            {
                "market_rule_id": 67,
                "increments": (
                    {"low_edge": 0.0, "increment": 0.25},
                    {"low_edge": 100.0, "increment": 0.5},
                ),
            },
        )
        if version >= 212
        else (93, ("67", "2", "0", "0.25", "100", "0.5"))
    )
    assert decode_payload(dialect.next_valid_id(1)) == (
        (209, {"order_id": 1}) if version >= 213 else (9, ("1", "1"))
    )
    assert decode_payload(dialect.current_time(NOW)) == (
        (249, {"seconds": 1795435200}) if version >= 213 else (49, ("1", "1795435200"))
    )
    assert decode_payload(dialect.contract_data_end(12)) == (
        (252, {"req_id": 12}) if version >= 205 else (52, ("1", "12"))
    )
    raw_id, row = decode_payload(dialect.contract_data(make_row(), 12))
    if version >= 205:
        assert (raw_id, row["req_id"]) == (210, 12)
    else:
        assert raw_id == 10
        assert decode_contract_data(("10", *row), version)["req_id"] == "12"


@pytest.mark.parametrize("version", [205, 226])
def test_a_row_carries_every_value_in_the_type_of_its_field(
    version: int, make_row: Callable[..., ContractRow]
) -> None:
    row = make_row(
        last_trade_date="20270618",
        ev_rule="aussieBond",
        ev_multiplier="0.5",
        primary_exchange="CME",
        industry="Indices",
        min_tick="0.000001",
        settlement_method="Cash",
    )
    _, said = decode_payload(dialect_for(version).contract_data(row, 12))
    assert said == {
        "req_id": 12,
        "contract": {
            "con_id": 600000003,
            "symbol": "ES",
            "sec_type": "FUT",
            "last_trade_date_or_contract_month": "20270618 08:30 US/Central",
            "strike": 0.0,
            "multiplier": 50.0,
            "exchange": "CME",
            "primary_exchange": "CME",
            "currency": "USD",
            "local_symbol": "ESM7",
            "trading_class": "ES",
            "last_trade_date": "20270618",
        },
        "details": {
            "market_name": "ES",
            "min_tick": "0.000001",
            "order_types": "ACTIVETIM,WHATIF",
            "valid_exchanges": "CME,QBALGO",
            "price_magnifier": 1,
            "under_con_id": 11004968,
            "long_name": "E-mini S&P 500",
            "contract_month": "202706",
            "industry": "Indices",
            "time_zone_id": "US/Central",
            "trading_hours": "20270520:1700-20270521:1600",
            "liquid_hours": "20270521:0830-20270521:1500",
            "ev_rule": "aussieBond",
            "ev_multiplier": 0.5,
            "under_symbol": "ES",
            "under_sec_type": "IND",
            "market_rule_ids": "67,67",
            "real_expiration_date": "20270618",
            "min_size": "1",
            "size_increment": "1",
            "suggested_size_increment": "1",
            "settlement_method": "Cash",
            "min_algo_size": "0",
        },
    }


def test_what_a_row_leaves_empty_is_absent(make_row: Callable[..., ContractRow]) -> None:
    row = make_row(
        strike="",
        multiplier="",
        price_magnifier="",
        under_con_id="0",
        long_name="",
        time_zone_id="",
        agg_group="2147483647",
        min_size="",
    )
    _, said = decode_payload(dialect_for(226).contract_data(row, 12))
    assert not {"strike", "multiplier", "right"} & said["contract"].keys()
    assert not {
        "price_magnifier", "under_con_id", "long_name", "time_zone_id", "agg_group", "min_size",
        "ev_multiplier",
    } & said["details"].keys()  # fmt: skip


def test_lists_are_repeated_fields(make_row: Callable[..., ContractRow]) -> None:
    row = make_row(
        sec_id_list=(("ISIN", "XX0000000000"), ("CUSIP", "1")),
        ineligibility_reasons=(("INVESTIGATION", "under review"),),
        agg_group="2",
    )
    _, said = decode_payload(dialect_for(226).contract_data(row, 12))
    assert said["details"]["sec_id_list"] == (("ISIN", "XX0000000000"), ("CUSIP", "1"))
    assert said["details"]["ineligibility_reasons"] == (("INVESTIGATION", "under review"),)
    assert said["details"]["agg_group"] == 2


@pytest.mark.parametrize(
    ("in_text", "in_protobuf"),
    [
        ("Soci\\u00e9t\\u00e9", "Soci\u00e9t\u00e9"),
        ("\\ud83d\\udcc8 x", "\U0001f4c8 x"),
        ("lone \\ud83d", "lone \ufffd"),
        ("C:\\users", "C:\\users"),
    ],
)
def test_a_name_escaped_in_text_is_plain_in_protobuf(
    in_text: str, in_protobuf: str, make_row: Callable[..., ContractRow]
) -> None:
    _, said = decode_payload(dialect_for(226).contract_data(make_row(long_name=in_text), 12))
    assert said["details"]["long_name"] == in_protobuf


def test_a_row_is_encoded_the_same_under_every_request_id(
    make_row: Callable[..., ContractRow],
) -> None:
    dialect = dialect_for(226)
    first, second = dialect.contract_data(make_row(), 1), dialect.contract_data(make_row(), 2000000)
    assert first[:6] == _raw_id(210, field(1, 1))
    assert second[:8] == _raw_id(210, field(1, 2000000))
    assert first[6:] == second[8:]


@one_case("version", VERSIONS)
def test_a_contract_request_is_understood_at_every_version(version: int) -> None:
    expected = ContractDataRequest(
        req_id=12, symbol="ES", sec_type="FUT", exchange="CME", currency="USD"
    )
    if version >= 205:
        # Request 12: conId 0, ES, FUT, CME, USD, as official clients put it.
        payload = b"\0\0\0\xd1\x08\x0c\x12\x15\x08\0\x12\x02ES\x1a\x03FUTB\x03CMER\x03USD"
    else:
        fields = ("8", "12", "0", "ES", "FUT", "", "", "", "", "CME", "", "USD", *["", "", "0"])
        payload = _raw_id(9, "".join(f"{field}\0" for field in (*fields, "", "", "")).encode())
    assert dialect_for(version).decode(payload) == expected


def test_every_field_of_a_contract_request_is_understood() -> None:
    body = contract_request(
        12,
        con_id=600000003,
        symbol="ES",
        last_trade_date_or_contract_month="202612",
        strike=0.0,
        right="C",
        multiplier=0.1,
        exchange="CME",
        primary_exchange="CME",
        currency="USD",
        local_symbol="ESZ6",
        trading_class="ES",
        include_expired=1,
        sec_id_type="ISIN",
        sec_id="X1",
        issuer_id="e1234",
    )
    assert dialect_for(226).decode(_raw_id(209, body)) == ContractDataRequest(
        req_id=12,
        con_id=600000003,
        symbol="ES",
        sec_type="FUT",
        last_trade_date_or_contract_month="202612",
        strike="0.0",
        right="C",
        multiplier="0.1",
        exchange="CME",
        primary_exchange="CME",
        currency="USD",
        local_symbol="ESZ6",
        trading_class="ES",
        include_expired=True,
        sec_id_type="ISIN",
        sec_id="X1",
        issuer_id="e1234",
    )


@one_case(
    ("version", "payload", "request_"),
    [
        (212, _raw_id(71, b"2\x007\0\0"), StartApiRequest(client_id=7)),
        (213, _raw_id(271, field(1, 7)), StartApiRequest(client_id=7)),
        (211, _raw_id(91, b"67\0"), MarketRuleRequest(market_rule_id="67")),
        (212, _raw_id(291, field(1, 67)), MarketRuleRequest(market_rule_id="67")),
        (212, _raw_id(49, b"1\0"), CurrentTimeRequest()),
        (213, _raw_id(249), CurrentTimeRequest()),
        (215, _raw_id(306, field(1, 12)), CancelContractDataRequest()),
        (226, _raw_id(203, b"\xff"), OtherRequest(message_id=3)),
        (201, _raw_id(3, b"45\0"), OtherRequest(message_id=3)),
        (226, _raw_id(258), OtherRequest(message_id=58)),
        (226, b"\0\0\0", UnreadableRequest(reason="Unable to parse the message")),
        (226, b"", UnreadableRequest(reason="Unable to parse the message")),
        (212, _raw_id(271, field(1, 7)), UnreadableRequest(reason="Unable to parse message 271")),
        (213, _raw_id(71, b"2\x007\0\0"), UnreadableRequest(reason="Unable to parse message 71")),
        (
            226,
            _raw_id(209, field(1, 12)),
            UnreadableRequest(reason="Unable to parse message 9 in protobuf", req_id=12),
        ),
        (
            226,
            _raw_id(209, field(1, 12) + field(2, field(2, 5))),
            UnreadableRequest(reason="Unable to parse message 9 in protobuf", req_id=12),
        ),
        (
            226,
            _raw_id(291, field(1, "67")),
            UnreadableRequest(reason="Unable to parse message 91 in protobuf"),
        ),
        (
            204,
            _raw_id(9, b"8\x00x\0"),
            UnreadableRequest(reason="Unable to parse message 9"),
        ),
    ],
)
def test_every_message_of_a_client_is_understood_or_called_unreadable(
    version: int, payload: bytes, request_: Request
) -> None:
    assert dialect_for(version).decode(payload) == request_


@given(st.binary(max_size=60), st.sampled_from([9, 49, 71, 91, 209, 249, 271, 291, 306, 203]))
def test_no_bytes_of_a_client_break_the_dialect(body: bytes, raw_id: int) -> None:
    for version in (201, 226):
        decoded = dialect_for(version).decode(_raw_id(raw_id, body))
        assert isinstance(decoded, Request)


def test_a_client_s_text_shows_as_fields_and_its_protobuf_as_its_id() -> None:
    dialect = dialect_for(201)
    assert dialect.fields(_raw_id(9, b"8\x0012\0")) == ("9", "8", "12")
    assert dialect.fields(_raw_id(209, b"\x08\x0c")) == ("209",)
    with pytest.raises(WireError):
        dialect.fields(b"\0\0")


@one_case(
    ("name", "value", "part", "said"),
    [
        ("long_name", "other", "details", "other"),
        ("long_name", "", "details", ""),
        ("min_tick", "abc", "details", "abc"),
        ("multiplier", "0.1", "contract", 0.1),
        ("multiplier", "1e400", "contract", float("inf")),
        ("con_id", "-1", "contract", -1),
        ("symbol", "NQ", "contract", "NQ"),
        ("ev_multiplier", "2.5", "details", 2.5),
    ],
)
def test_a_field_of_a_row_can_be_replaced_by_name(
    name: str, value: str, part: str, said: object, make_row: Callable[..., ContractRow]
) -> None:
    dialect = dialect_for(226)
    whole = dialect.contract_data(make_row(), 12)
    _, replaced = decode_payload(dialect.with_field(whole, name, value))
    _, before = decode_payload(whole)
    assert replaced[part][name] == said
    assert {**replaced[part], name: None} == {**before[part], name: None}


def test_a_number_replaced_by_nothing_is_absent(make_row: Callable[..., ContractRow]) -> None:
    dialect = dialect_for(226)
    row = dialect.contract_data(make_row(), 12)
    for name, part in (("multiplier", "contract"), ("price_magnifier", "details")):
        _, said = decode_payload(dialect.with_field(row, name, ""))
        assert name not in said[part]


def test_text_where_a_number_belongs_is_a_field_of_another_type(
    make_row: Callable[..., ContractRow],
) -> None:
    dialect = dialect_for(226)
    body = dialect.with_field(dialect.contract_data(make_row(), 12), "con_id", "abc")[4:]
    contract = next(value for number, _, value in fields_of(body) if number == 2)
    assert next(fields_of(contract)) == (1, 2, b"abc")


def test_a_field_of_a_row_can_be_replaced_by_its_place(
    make_row: Callable[..., ContractRow],
) -> None:
    dialect = dialect_for(226)
    row = dialect.contract_data(make_row(), 12)
    assert dialect.with_field(row, 0, "999")[:4] == _raw_id(999)
    assert decode_payload(dialect.with_field(row, 1, "13"))[1]["req_id"] == 13
    assert decode_payload(dialect.with_field(row, 2, "5"))[1]["contract"]["con_id"] == 5
    with pytest.raises(IndexError):
        dialect.with_field(row, 99, "x")


@pytest.mark.parametrize("version", [201, 226])
def test_a_field_that_rows_do_not_have_cannot_be_replaced(
    version: int, make_row: Callable[..., ContractRow]
) -> None:
    dialect = dialect_for(version)
    row = dialect.contract_data(make_row(), 12)
    for name in ("md_size_multiplier", "nonsense"):
        with pytest.raises(ContractDataError):
            dialect.with_field(row, name, "1")
        with pytest.raises(ContractDataError):
            dialect.without_field(row, name)


@pytest.mark.parametrize("value", ["x", "-1", str(1 << 32)])
def test_a_message_id_must_fit_four_bytes(value: str, make_row: Callable[..., ContractRow]) -> None:
    for version in (201, 226):
        dialect = dialect_for(version)
        with pytest.raises(ContractDataError, match="four bytes"):
            dialect.with_field(dialect.contract_data(make_row(), 12), 0, value)


def test_a_row_can_lack_any_field_and_either_part(make_row: Callable[..., ContractRow]) -> None:
    dialect = dialect_for(226)
    row = dialect.contract_data(make_row(), 12)
    _, without_tick = decode_payload(dialect.without_field(row, "min_tick"))
    assert "min_tick" not in without_tick["details"]
    assert decode_payload(dialect.without_field(row, "contract"))[1].keys() == {
        "req_id", "details",
    }  # fmt: skip
    assert decode_payload(dialect.without_field(row, "contract_details"))[1].keys() == {
        "req_id", "contract",
    }  # fmt: skip
    assert decode_payload(dialect.without_field(row, "req_id"))[1].keys() == {
        "contract", "details",
    }  # fmt: skip


@one_case(("version", "end"), [(201, (52, ("1", ""))), (226, (252, {}))])
def test_an_end_marker_can_lack_its_request_id(version: int, end: tuple[int, object]) -> None:
    dialect = dialect_for(version)
    assert decode_payload(dialect.without_req_id(dialect.contract_data_end(12))) == end


def test_a_message_can_have_a_field_too_many() -> None:
    text, protobuf = dialect_for(201), dialect_for(226)
    assert decode_payload(text.with_extra_field(text.contract_data_end(12), "x")) == (
        52, ("1", "12", "x"),
    )  # fmt: skip
    extended = protobuf.with_extra_field(protobuf.contract_data_end(12), "x")
    assert list(fields_of(extended[4:]))[1][2] == b"x"


def test_a_truncated_row_ends_behind_a_value_and_breaks_off_there(
    make_row: Callable[..., ContractRow],
) -> None:
    dialect = dialect_for(226)
    row = dialect.contract_data(make_row(), 12)
    assert dialect.truncated(row, 0) == b""
    assert dialect.truncated(row, 1) == _raw_id(210)
    assert decode_payload(dialect.truncated(row, 2)) == (210, {"req_id": 12})
    cut = dialect.truncated(row, 4)
    assert cut.endswith(field(2, "ES"))
    with pytest.raises(AssertionError):
        decode_payload(cut)
    lengths = [len(dialect.truncated(row, count)) for count in range(100)]
    assert lengths == sorted(lengths)
    assert lengths[-1] == len(row)


def test_a_text_row_under_a_raw_id_can_be_replaced_and_truncated_too(
    make_row: Callable[..., ContractRow],
) -> None:
    dialect = dialect_for(204)
    row = dialect.contract_data(make_row(), 12)
    assert "other" in decode_payload(dialect.with_field(row, "long_name", "other"))[1]
    assert decode_payload(dialect.truncated(row, 3)) == (10, ("12", "ES"))
    assert decode_payload(dialect.without_field(row, "symbol"))[1][:3] == ("12", "", "FUT")
