from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.tws_protobuf import field
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.frames.protobuf_frames import (
    ProtobufMessage,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.frames.text_frames import (
    MalformedFrameError,
    RowText,
)
from one_case import one_case

CONTRACT = (
    field(1, 620731015)
    + field(2, "ES")
    + field(4, "20250620 08:30:00 US/Central")
    + field(5, 0.0)
    + field(7, 50.0)
)
DETAILS = (
    field(1, "ES")
    + field(2, "0.25")
    + field(5, 100)
    + field(6, 11004968)
    + field(7, "E-mini S&P 500")
    + field(16, 0.5)
    + field(65, "Cash")
)
ROW = field(1, 12) + field(2, CONTRACT) + field(3, DETAILS)
TEXT = RowText(
    last_trade="20250620 08:30:00 US/Central",
    multiplier="50",
    min_tick="0.25",
    long_name="E-mini S&P 500",
    economic_value_multiplier="0.5",
    price_magnifier="100",
    underlying_con_id="11004968",
    settlement_method="Cash",
)


def _row(*parts: bytes) -> ProtobufMessage:
    return ProtobufMessage(10, b"".join(parts))


def test_a_row_says_its_request_and_what_ibapi_loses() -> None:
    assert _row(ROW).request_id() == 12
    assert _row(ROW).row_text() == TEXT


def test_an_end_marker_says_its_request() -> None:
    assert ProtobufMessage(52, field(1, 2_000_000_000)).request_id() == 2_000_000_000


def test_what_is_absent_is_empty() -> None:
    row = _row(field(1, 12), field(2, field(1, 5)), field(3, field(1, "ES")))
    assert row.row_text() == RowText(
        last_trade="",
        multiplier="",
        min_tick="",
        long_name="",
        economic_value_multiplier="",
        price_magnifier="",
        underlying_con_id="",
        settlement_method="",
    )


@one_case(
    ("missing", "parts"),
    [
        ("contract", (field(1, 12), field(3, DETAILS))),
        ("contract details", (field(1, 12), field(2, CONTRACT))),
        ("contract", (field(1, 12),)),
    ],
)
def test_a_row_without_one_of_its_parts_is_refused(missing: str, parts: tuple[bytes, ...]) -> None:
    assert _row(*parts).request_id() == 12
    with pytest.raises(MalformedFrameError, match=f"without its {missing}$"):
        _row(*parts).row_text()


@one_case("body", [b"", field(2, CONTRACT), field(1, "12"), field(1, 1.0)])
def test_a_row_without_a_request_id_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedFrameError, match="no request id"):
        ProtobufMessage(10, body).request_id()


@one_case("size", range(len(ROW)))
def test_a_row_cut_short_is_refused_wherever_it_is_cut(size: int) -> None:
    with pytest.raises(MalformedFrameError):
        _row(ROW[:size]).row_text()


@one_case("size", range(2, len(ROW)))
def test_a_row_cut_short_still_says_its_request(size: int) -> None:
    assert _row(ROW[:size]).request_id() == 12


@given(value=st.integers(0, (1 << 64) - 1))
def test_a_request_id_is_the_signed_number_in_the_low_32_bits(value: int) -> None:
    low = value % (1 << 32)
    expected = low if low < 1 << 31 else low - (1 << 32)
    assert ProtobufMessage(52, field(1, value)).request_id() == expected


def test_a_part_that_comes_in_pieces_is_one() -> None:
    row = _row(
        field(1, 12),
        field(2, field(2, "ES")),
        field(3, DETAILS),
        field(2, field(4, "20250620") + field(7, 0.1)),
        field(3, field(2, "0.125")),
    )
    text = row.row_text()
    assert (text.last_trade, text.multiplier, text.min_tick) == ("20250620", "0.1", "0.125")
    assert text.long_name == "E-mini S&P 500"


def test_of_a_field_that_comes_twice_the_last_value_counts() -> None:
    contract = field(4, "20250620") + field(4, "20260618")
    row = _row(field(1, 1), field(1, 12), field(2, contract), field(3, DETAILS))
    assert row.request_id() == 12
    assert row.row_text().last_trade == "20260618"


@one_case(
    "body",
    [
        field(1, "12") + field(2, CONTRACT) + field(3, DETAILS),
        field(1, 12) + field(2, 5) + field(3, DETAILS),
        field(1, 12) + field(2, CONTRACT + field(7, "50")) + field(3, DETAILS),
        field(1, 12) + field(2, CONTRACT + field(1, "x")) + field(3, DETAILS),
        field(1, 12) + field(2, CONTRACT) + field(3, DETAILS + field(5, "x")),
        field(1, 12) + field(2, CONTRACT) + field(3, DETAILS + field(2, 0.25)),
        field(1, 12) + field(2, CONTRACT) + field(3, DETAILS + field(16, 1)),
    ],
)
def test_a_known_field_of_another_type_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedFrameError, match="wire type"):
        _row(body).row_text()


def test_unknown_fields_of_every_type_are_skipped() -> None:
    unknown = field(999, "x") + field(998, 1) + field(997, 1.0) + b"\xb5\x3e" + b"\0" * 4
    assert _row(unknown, ROW, unknown).row_text() == TEXT


@one_case("wire_type", [3, 4, 6, 7])
def test_a_wire_type_that_is_not_in_use_is_refused(wire_type: int) -> None:
    with pytest.raises(MalformedFrameError, match="wire type"):
        _row(ROW, bytes([0x08 | wire_type])).row_text()


@one_case(
    ("double", "text"),
    [
        (50.0, "50"),
        (0.1, "0.1"),
        (101.7313, "101.7313"),
        (12500000.0, "12500000"),
        (0.123456789, "0.123456789"),
        (0.0, "0"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
    ],
)
def test_doubles_are_the_shortest_text_that_means_them(double: float, text: str) -> None:
    row = _row(field(1, 12), field(2, field(7, double)), field(3, field(16, double)))
    assert row.row_text().multiplier == text
    assert row.row_text().economic_value_multiplier == text


@given(st.floats())
def test_a_double_is_read_back_from_its_text(double: float) -> None:
    row = _row(field(1, 12), field(2, field(7, double)), field(3, DETAILS))
    back = float(row.row_text().multiplier)
    assert back == double or (math.isnan(back) and math.isnan(double))


def test_bytes_that_are_no_utf_8_are_replaced() -> None:
    row = _row(field(1, 12), field(2, CONTRACT), field(3, field(7, b"Soci\xe9t\xe9")))
    assert row.row_text().long_name == "Soci\ufffdt\ufffd"


@given(st.binary(max_size=80))
def test_no_bytes_break_the_reader(body: bytes) -> None:
    for read in (ProtobufMessage(10, body).request_id, ProtobufMessage(10, body).row_text):
        try:
            read()
        except MalformedFrameError:
            continue
