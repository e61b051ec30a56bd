from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.tws_protobuf import field, fields_of
from gateway.dialects.protobuf_wire import (
    Field,
    WireType,
    double_field,
    integer_field,
    message_field,
    read_message,
    text_field,
)
from ibkr_sync.infrastructure.replay.protocol.wire import WireError
from one_case import one_case

NUMBERS = st.integers(1, 536_870_911)
INT64 = st.integers(-(1 << 63), (1 << 63) - 1)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))


def _only(message: bytes) -> Field:
    (one,) = read_message(message)
    return one


@one_case(
    ("encoded", "wire"),
    [
        (integer_field(1, 150), b"\x08\x96\x01"),
        (integer_field(1, 0), b"\x08\x00"),
        (integer_field(1, -1), b"\x08" + b"\xff" * 9 + b"\x01"),
        (text_field(2, "testing"), b"\x12\x07testing"),
        (text_field(2, ""), b"\x12\x00"),
        (message_field(3, b"\x08\x96\x01"), b"\x1a\x03\x08\x96\x01"),
        (double_field(7, 50.0), b"\x39\x00\x00\x00\x00\x00\x00\x49\x40"),
        (text_field(58, "x"), b"\xd2\x03\x01x"),
    ],
)
def test_fields_are_encoded_as_the_specification_says(encoded: bytes, wire: bytes) -> None:
    assert encoded == wire


@given(number=NUMBERS, value=INT64)
def test_integers_come_back(number: int, value: int) -> None:
    read = _only(integer_field(number, value))
    assert (read.number, read.integer) == (number, value)
    assert integer_field(number, value) == field(number, value)


@given(st.floats())
def test_doubles_come_back(value: float) -> None:
    read = _only(double_field(5, value)).double
    assert read == value or (math.isnan(read) and math.isnan(value))


@given(TEXT)
def test_texts_come_back_and_are_utf_8(text: str) -> None:
    encoded = text_field(7, text)
    assert _only(encoded).text == text
    assert encoded == field(7, text)


def test_bytes_that_are_not_utf_8_survive_reading_and_writing() -> None:
    encoded = message_field(7, b"Soci\xe9t\xe9")
    assert text_field(7, _only(encoded).text) == encoded


@given(st.lists(st.tuples(NUMBERS, st.one_of(INT64, st.floats(), TEXT, st.binary()))))
def test_a_message_is_read_field_by_field(values: list[tuple[int, int | float | str]]) -> None:
    message = b"".join(field(number, value) for number, value in values)
    read = list(read_message(message))
    assert [other.number for other in read] == [number for number, _, _ in fields_of(message)]
    assert [message[other.start : other.end] for other in read] == [
        field(number, value) for number, value in values
    ]
    assert all(message[other.value_start : other.end] == other.value for other in read)


@given(st.lists(st.tuples(NUMBERS, st.one_of(INT64, TEXT)), min_size=1), st.data())
def test_a_message_cut_within_a_field_is_refused(
    values: list[tuple[int, int | str]], data: st.DataObject
) -> None:
    encoded = [field(number, value) for number, value in values]
    message = b"".join(encoded)
    ends = {sum(map(len, encoded[:count])) for count in range(len(encoded) + 1)}
    size = data.draw(st.integers(0, len(message)).filter(lambda size: size not in ends))
    with pytest.raises(WireError):
        list(read_message(message[:size]))


@one_case(
    "message",
    [
        b"\x00\x01",  # field number 0
        b"\x0b",  # a group begins
        b"\x0f",  # a wire type that doesn't exist
        b"\x08" + b"\xff" * 10,  # a number without end
        b"\x12\xff\xff\xff\xff\x0f",  # a length beyond the message
    ],
)
def test_what_is_no_field_is_refused(message: bytes) -> None:
    with pytest.raises(WireError):
        list(read_message(message))


@given(st.binary(max_size=80))
def test_no_bytes_break_the_reader(message: bytes) -> None:
    try:
        read = list(read_message(message))
    except WireError:
        return
    assert b"".join(message[field.start : field.end] for field in read) == message


def test_a_value_of_another_type_than_expected_is_refused() -> None:
    number, text, double = (
        _only(encoded)
        for encoded in (integer_field(1, 1), text_field(1, "x"), double_field(1, 1.0))
    )
    for read in (
        lambda: number.text,
        lambda: number.double,
        lambda: text.integer,
        lambda: text.double,
        lambda: double.integer,
        lambda: double.content,
    ):
        with pytest.raises(WireError, match="field 1 is"):
            read()


def test_four_bytes_of_a_fixed_field_are_skipped_as_one_value() -> None:
    message = b"\x0d" + struct.pack("<f", 1.5) + integer_field(2, 3)
    fixed, integer = read_message(message)
    assert (fixed.wire_type, len(fixed.value)) == (WireType.FIXED32, 4)
    assert integer.integer == 3
