from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibkr_sync.infrastructure.replay.protocol.wire import (
    WireBuffer,
    WireError,
    fields_from_wire,
    wire_frame,
    wire_from_fields,
)

FIELDS = st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))


@given(FIELDS)
def test_fields_come_back_as_they_were_joined(fields: list[str]) -> None:
    assert fields_from_wire(wire_from_fields(fields)) == tuple(fields)


@given(st.lists(st.binary(max_size=300), max_size=8), st.integers(1, 64))
def test_payloads_come_back_however_the_stream_is_cut(payloads: list[bytes], size: int) -> None:
    stream = b"".join(map(wire_frame, payloads))
    buffer = WireBuffer()
    received = [
        payload
        for at in range(0, len(stream), size)
        for payload in buffer.feed(stream[at : at + size])
    ]
    assert received == payloads


def test_bytes_that_are_not_utf_8_survive_splitting_and_joining() -> None:
    payload = b"Soci\xe9t\xe9\0\xff\0"
    assert wire_from_fields(fields_from_wire(payload)) == payload


def test_a_field_without_its_nul_is_refused() -> None:
    with pytest.raises(WireError, match="NUL"):
        fields_from_wire(b"9\x008")


def test_a_frame_above_the_maximum_is_refused_before_it_is_received() -> None:
    with pytest.raises(WireError, match="exceeds 100"):
        list(WireBuffer(max_frame=100).feed(b"\0\0\0\x65"))


def test_a_frame_of_the_maximum_is_accepted() -> None:
    assert list(WireBuffer(max_frame=100).feed(wire_frame(b"x" * 100))) == [b"x" * 100]
