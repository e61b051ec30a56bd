"""Bytes into frames, however they were cut up on their way."""

from __future__ import annotations

import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibkr_sync.domain.errors import ConnectionLostError, NotAGatewayError
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.connection import (
    GatewayConnection,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.frames.frame_buffer import (
    MAX_FRAME_BYTES,
    FrameBuffer,
)


def framed(payload: bytes) -> bytes:
    return struct.pack("!I", len(payload)) + payload


def frames_in(buffer: FrameBuffer) -> list[bytes]:
    return list(iter(buffer.next_frame, None))


@given(st.lists(st.binary(max_size=50), max_size=10), st.lists(st.integers(1, 60), min_size=1))
def test_frames_come_out_as_they_went_in_however_the_bytes_were_cut(
    payloads: list[bytes], sizes: list[int]
) -> None:
    stream = b"".join(map(framed, payloads))
    buffer, out = FrameBuffer(), []
    turn = 0
    while stream:
        size = sizes[turn % len(sizes)]
        buffer.feed(stream[:size])
        stream = stream[size:]
        out += frames_in(buffer)
        turn += 1
    assert out == payloads


def test_the_longest_frame_is_taken_and_a_longer_one_refused_by_its_prefix() -> None:
    buffer = FrameBuffer()
    buffer.feed(framed(b"x" * MAX_FRAME_BYTES))
    assert frames_in(buffer) == [b"x" * MAX_FRAME_BYTES]
    buffer.feed(struct.pack("!I", MAX_FRAME_BYTES + 1))
    with pytest.raises(ValueError, match="1048577 bytes announced"):
        buffer.next_frame()


@pytest.fixture
def ends() -> tuple[GatewayConnection, socket.socket]:
    ours, theirs = socket.socketpair()
    return GatewayConnection("gateway", 4002, ours), theirs


def test_a_connection_gives_frames_one_by_one_and_none_when_there_is_none(
    ends: tuple[GatewayConnection, socket.socket],
) -> None:
    connection, gateway = ends
    gateway.sendall(framed(b"one") + framed(b"") + framed(b"three")[:3])
    assert connection.receive_frame(1) == b"one"
    assert connection.receive_frame(1) == b""
    assert connection.receive_frame(0.01) is None
    gateway.sendall(framed(b"three")[3:])
    assert connection.receive_frame(1) == b"three"
    connection.disconnect()
    gateway.close()


def test_what_was_received_before_the_end_is_still_given(
    ends: tuple[GatewayConnection, socket.socket],
) -> None:
    connection, gateway = ends
    gateway.sendall(framed(b"last") + b"\0")
    gateway.close()
    assert connection.receive_frame(1) == b"last"
    with pytest.raises(ConnectionLostError, match="closed by the gateway"):
        connection.receive_frame(1)
    connection.disconnect()


def test_a_frame_that_is_too_long_is_no_gateway_s(
    ends: tuple[GatewayConnection, socket.socket],
) -> None:
    connection, gateway = ends
    gateway.sendall(b"HTTP/1.1 400 Bad Request\r\n")
    with pytest.raises(NotAGatewayError):
        connection.receive_frame(1)
    connection.disconnect()
    gateway.close()


def test_a_message_that_could_not_be_sent_whole_ends_the_connection(
    ends: tuple[GatewayConnection, socket.socket],
) -> None:
    """What followed a part of a message could not be understood."""
    connection, gateway = ends
    assert connection.receive_frame(0.01) is None
    with pytest.raises(ConnectionLostError):
        connection.sendMsg(framed(b"91\x0067\0" + b"x" * 100_000_000))  # nobody reads it
    assert not connection.isConnected()
    with pytest.raises(ConnectionLostError):
        connection.receive_frame(0.01)
    gateway.close()


def test_a_disconnected_connection_neither_sends_nor_receives(
    ends: tuple[GatewayConnection, socket.socket],
) -> None:
    connection, gateway = ends
    assert connection.isConnected()
    connection.disconnect()
    connection.disconnect()
    assert not connection.isConnected()
    with pytest.raises(ConnectionLostError):
        connection.sendMsg(framed(b"91\x0067\0"))
    with pytest.raises(ConnectionLostError):
        connection.receive_frame(1)
    assert gateway.recv(10) == b""
    gateway.close()


def test_an_error_names_the_gateway(ends: tuple[GatewayConnection, socket.socket]) -> None:
    connection, gateway = ends
    connection.disconnect()
    gateway.close()
    with pytest.raises(ConnectionLostError) as caught:
        connection.receive_frame(1)
    assert (caught.value.host, caught.value.port) == ("gateway", 4002)
