from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.examples import ES
from fakes.recordings import contract_row
from gateway.dialects.contract_data_protobuf import encode_row
from gateway.dialects.protobuf_wire import integer_field, message_field
from ibkr_sync.infrastructure.replay.protocol.contract_data import ContractDataLayout
from ibkr_sync.infrastructure.replay.protocol.wire import wire_from_fields
from ibkr_sync.infrastructure.replay.rows import ContractRow
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.frames.messages import message_in_frame
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.frames.protobuf_frames import (
    ProtobufMessage,
    wire_fields,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.frames.text_frames import (
    MalformedFrameError,
    TextMessage,
)
from one_case import one_case


def test_up_to_200_the_message_id_is_text() -> None:
    message = message_in_frame(b"52\x001\x0012\0", 200)
    assert message == TextMessage(52, b"52\x001\x0012\0", 200)
    assert message.request_id() == 12


def test_from_201_on_the_message_id_comes_first_in_four_bytes() -> None:
    message = message_in_frame(b"\0\0\0\x34" + b"1\x0012\0", 201)
    assert message == TextMessage(52, b"52\x001\x0012\0", 201)
    assert message.request_id() == 12


def test_an_id_above_200_means_protobuf_under_the_id_200_lower() -> None:
    message = message_in_frame(b"\0\0\0\xfc" + b"\x08\x0c", 205)
    assert message == ProtobufMessage(52, b"\x08\x0c")
    assert message.request_id() == 12


@one_case(
    ("frame", "server_version"),
    [(b"", 200), (b"x\0", 200), (b"", 201), (b"\0\0\0", 201), (b"\0\0\0\xfc\x08\x0c", 200)],
)
def test_a_frame_without_a_message_id_is_refused(frame: bytes, server_version: int) -> None:
    with pytest.raises(MalformedFrameError):
        message_in_frame(frame, server_version)


@given(st.binary(max_size=60), st.sampled_from([157, 200, 201, 226]))
def test_no_frame_breaks_the_reader(frame: bytes, server_version: int) -> None:
    try:
        message = message_in_frame(frame, server_version)
        message.request_id()
        message.row_text()
    except MalformedFrameError:
        pass


HOURS = {"trading_hours", "liquid_hours"}
ROW = contract_row(ES.contracts[0])


def _text_frame(server_version: int) -> Callable[[ContractRow, int], bytes]:
    def frame(row: ContractRow, request_id: int) -> bytes:
        layout = ContractDataLayout(server_version)
        return wire_from_fields(layout.encode(row, str(request_id)))

    return frame


def _protobuf_frame(row: ContractRow, request_id: int) -> bytes:
    return (210).to_bytes(4, "big") + bytes((8, request_id)) + encode_row(row)


@one_case(
    ("frame_of", "server_version"),
    [(_text_frame(157), 157), (_text_frame(187), 187), (_protobuf_frame, 223)],
)
def test_a_statement_is_all_that_a_row_says_but_for_hours_and_request_id(
    frame_of: Callable[[ContractRow, int], bytes], server_version: int
) -> None:
    one = frame_of(ROW, 1)
    said = message_in_frame(one, server_version).statement().besides
    assert message_in_frame(frame_of(ROW, 2), server_version).statement().besides == said
    for field in dataclasses.fields(ContractRow):
        value = (("OTHER", "1"),) if isinstance(getattr(ROW, field.name), tuple) else "7"
        other = frame_of(dataclasses.replace(ROW, **{field.name: value}), 1)  # type: ignore[arg-type]
        is_other = message_in_frame(other, server_version).statement().besides != said
        assert is_other == (other != one and field.name not in HOURS), field.name


_OVERLONG = b"\x80" * 8 + b"\x00"
"""What makes ten bytes of a number of one byte; protobuf refuses some of them."""


def test_a_row_that_is_not_written_as_usual_says_nothing_that_another_said() -> None:
    body = encode_row(ROW)
    parts = {number: value for number, _, value in wire_fields(body) if isinstance(value, bytes)}
    contract, details = message_field(2, parts[2]), parts[3]
    usual = integer_field(1, 1) + contract + message_field(3, details)
    said = ProtobufMessage(10, usual).statement()
    others = {
        "details in two pieces": usual.replace(
            message_field(3, details), message_field(3, details[:7]) + message_field(3, details[7:])
        ),
        "hours twice": integer_field(1, 1) + contract + message_field(3, b"\x6a\1\xff" + details),
        "id twice": integer_field(1, 2) + usual,
        "id of 70 bits": b"\x08\x87" + b"\x80" * 8 + b"\x7e" + usual[2:],
        "id overlong": b"\x08\x81" + _OVERLONG + usual[2:],
        "tag of the id overlong": b"\x88" + _OVERLONG + usual[1:],
        "tag in the details overlong": integer_field(1, 1)
        + contract
        + message_field(3, bytes((details[0] | 0x80,)) + _OVERLONG + details[1:]),
    }
    for name, other in others.items():
        try:
            assert ProtobufMessage(10, other).statement() != said, name
        except MalformedFrameError:
            continue
