"""Whatever listens at the address, a connection ends in a session or in the right error."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Iterator

import pytest

from fakes.gateway_rig import SERVER_VERSION, Connect, Serve, open_files, reader_threads
from gateway import faults
from gateway.faults import Occasion
from ibkr_sync.domain.errors import (
    ClientIdInUseError,
    GatewayError,
    GatewayMovedError,
    GatewayUnreachableError,
    HandshakeClosedError,
    HandshakeError,
    HandshakeTimeoutError,
    NotAGatewayError,
    UnreachableReason,
    UnsupportedServerVersionError,
)
from ibkr_sync.infrastructure.replay.protocol.requests import StartApiRequest
from ibkr_sync.infrastructure.replay.protocol.wire import wire_frame
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.client import CLIENT_VERSIONS
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.connection import GatewayConnection
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_request import ContractRequest
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.gateway_parameters import (
    GatewayParameters,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.handshake import negotiate_handshake

ES_AT_CME = ContractRequest(symbol="ES", exchange="CME")
NEWEST = CLIENT_VERSIONS[1]
LENGTH_OF_HANDSHAKE = len(b"\0\0\0\0157\x0020261123 07:00:00 America/New_York\0")


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


@pytest.fixture
def full_port() -> Iterator[int]:
    """A port whose queue of connections is full, so that it doesn't even refuse another."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        queued = []
        for _ in range(4):
            waiting = socket.socket()
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.1", port))
            queued.append(waiting)
        yield port
        for waiting in queued:
            waiting.close()


def reason_at(host: str, port: int, timeout: float = 2.0) -> UnreachableReason:
    """Why no connection comes about, and that the error names the address."""
    with pytest.raises(GatewayUnreachableError) as caught:
        GatewayConnection.open(host, port, timeout)
    assert f"{host}:{port}" in str(caught.value)
    return caught.value.reason


def test_a_closed_port_is_refused(closed_port: int) -> None:
    assert reason_at("127.0.0.1", closed_port) is UnreachableReason.REFUSED


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a..b", "x" * 70])
def test_a_name_that_does_not_resolve_is_an_unknown_host(host: str) -> None:
    assert reason_at(host, 4002) is UnreachableReason.UNKNOWN_HOST


def test_a_port_that_does_not_answer_times_out(full_port: int) -> None:
    began = time.monotonic()
    assert reason_at("127.0.0.1", full_port, timeout=0.3) is UnreachableReason.TIMED_OUT
    assert time.monotonic() - began >= 0.3


def test_an_address_that_no_route_leads_to_is_a_network_error() -> None:
    assert reason_at("255.255.255.255", 4002) is UnreachableReason.NETWORK


def test_silence_after_the_accept_ends_at_the_handshake_deadline(
    serve: Serve, connect: Connect
) -> None:
    replay = serve(faults.Silence(occasion=Occasion.HELLO))
    began = time.monotonic()
    with pytest.raises(HandshakeTimeoutError):
        connect(replay, handshake_timeout=0.3).open()
    assert time.monotonic() - began >= 0.3


def test_a_gateway_that_never_sends_next_valid_id_ends_at_the_handshake_deadline(
    serve: Serve, connect: Connect
) -> None:
    replay = serve(faults.NoNextValidId())
    began = time.monotonic()
    with pytest.raises(HandshakeTimeoutError, match="nextValidId"):
        connect(replay, handshake_timeout=0.3).open()
    assert time.monotonic() - began >= 0.3


def test_the_handshake_and_next_valid_id_share_one_deadline(serve: Serve) -> None:
    replay = serve(faults.PauseAfterBytes(occasion=Occasion.HELLO, count=4, seconds=0.3))
    parameters = GatewayParameters(host=replay.host, port=replay.port, handshake_timeout=5.0)
    connection, _, ready_by, _ = negotiate_handshake(parameters, CLIENT_VERSIONS)
    connection.disconnect()
    assert ready_by - time.monotonic() <= 5.0 - 0.3


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("occasion", [Occasion.ACCEPT, Occasion.HELLO, Occasion.START_API])
def test_a_line_that_drops_before_the_session_starts_is_reported_at_once(
    serve: Serve, connect: Connect, occasion: Occasion, reset: bool
) -> None:
    replay = serve(faults.HangUpAfterRows(occasion=occasion, reset=reset))
    gateway = connect(replay, handshake_timeout=30.0)
    expected: tuple[type[GatewayError], ...] = (HandshakeClosedError,)
    if reset and occasion is Occasion.ACCEPT:
        expected += (GatewayUnreachableError,)  # a reset may be faster than the accept
    for _ in range(5):  # whether the peer or our own first message is faster is chance
        with pytest.raises(expected):
            gateway.open()


def test_a_handshake_split_at_any_byte_is_understood(serve: Serve, connect: Connect) -> None:
    offsets = range(1, LENGTH_OF_HANDSHAKE)
    replay = serve(
        *(
            faults.PauseAfterBytes(
                occasion=Occasion.HELLO, count=offset, seconds=0.01, skip=number, first=1
            )
            for number, offset in enumerate(offsets)
        )
    )
    for offset in offsets:
        gateway = connect(replay, client_id=offset)
        assert gateway.open().server_version == min(SERVER_VERSION, NEWEST)
        gateway.close()
    assert replay.connections == len(offsets)


def test_nothing_is_lost_of_what_comes_in_one_segment_with_the_handshake(
    serve: Serve, connect: Connect
) -> None:
    gateway = connect(serve(faults.EarlyStart()))
    assert len(gateway.request_contracts(ES_AT_CME).result(5).rows) == 4


AT_START = {
    "nextValidId": b"9\x001\x001\0",
    "managedAccounts": b"15\x001\0DU1234567\0",
    "2104": b"4\x002\x00-1\x002104\0Market data farm connection is OK:usfuture\0",
    "2106": b"4\x002\x00-1\x002106\0HMDS data farm connection is OK:ushmds\0",
    "2158": b"4\x002\x00-1\x002158\0Sec-def data farm connection is OK:secdefil\0",
}


@pytest.mark.parametrize("first", AT_START)
@pytest.mark.parametrize("step", [1, -1])
@pytest.mark.text_protocol
def test_what_a_gateway_says_at_the_start_may_come_in_any_order(
    serve: Serve, connect: Connect, first: str, step: int
) -> None:
    names = list(AT_START)[::step]
    at = names.index(first)
    said = b"".join(wire_frame(AT_START[name]) for name in names[at:] + names[:at])
    gateway = connect(serve(faults.RawReply(occasion=Occasion.START_API, data=said)))
    assert len(gateway.request_contracts(ES_AT_CME).result(5).rows) == 4


def random_bytes(seed: int) -> bytes:
    return random.Random(seed).randbytes(1 << 20)  # noqa: S311 - reproducible noise


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"HTTP/1.1 400 Bad Request\r\n\r\n", id="an HTTP server"),
        pytest.param(b"\x15\x03\x03\x00\x02\x02\x46", id="a TLS server"),
        pytest.param(b"SSH-2.0-OpenSSH_9.2\r\n", id="an SSH server"),
        pytest.param(b"\x00\x00\x00\x00", id="an empty frame"),
        pytest.param(b"\x00\x00\x00\x05157\x00x", id="a version alone"),
        pytest.param(random_bytes(1), id="noise"),
        pytest.param(random_bytes(2), id="other noise"),
    ],
)
def test_what_does_not_speak_the_protocol_is_reported_at_once(
    serve: Serve, connect: Connect, answer: bytes
) -> None:
    with pytest.raises(NotAGatewayError):
        connect(serve(faults.RawReply(data=answer)), handshake_timeout=30.0).open()


@pytest.mark.parametrize(
    "version", ["abc", "60", "156", str(NEWEST + 1), "99999", "-1", "", "1" * 5000]
)
def test_a_server_version_that_we_do_not_speak_is_refused(
    serve: Serve, connect: Connect, version: str
) -> None:
    with pytest.raises(UnsupportedServerVersionError) as caught:
        connect(serve(faults.ServerVersionText(text=version))).open()
    assert version[:20] in str(caught.value)
    assert len(str(caught.value)) < 200


def test_a_gateway_that_talks_without_end_ends_at_the_handshake_deadline(
    serve: Serve, connect: Connect
) -> None:
    wire_frame = b"\x00\x00\x00\x084\x002\x00-1\x00\x00"
    replay = serve(faults.RawReply(data=wire_frame * 20_000), faults.Chunked(size=4096, gap=0.005))
    with pytest.raises(HandshakeTimeoutError):
        connect(replay, handshake_timeout=0.3).open()


def test_the_next_client_ids_are_tried_when_some_are_taken(serve: Serve, connect: Connect) -> None:
    replay = serve(faults.ClientIdInUse(client_ids=frozenset({7, 8})))
    gateway = connect(replay, client_id=7, client_id_tries=4)
    assert len(gateway.request_contracts(ES_AT_CME).result(5).rows) == 4
    asked = [
        request.client_id for request in replay.requests if isinstance(request, StartApiRequest)
    ]
    assert asked == [7, 8, 9]


def test_each_client_id_is_tried_once_when_all_are_taken(serve: Serve, connect: Connect) -> None:
    replay = serve(faults.ClientIdInUse())
    with pytest.raises(ClientIdInUseError):
        connect(replay, client_id=7, client_id_tries=3).open()
    asked = [
        request.client_id for request in replay.requests if isinstance(request, StartApiRequest)
    ]
    assert asked == [7, 8, 9]


def test_a_port_that_was_reset_at_the_start_is_reported_with_the_new_one(
    serve: Serve, connect: Connect
) -> None:
    with pytest.raises(GatewayMovedError, match="4009"):
        connect(serve(faults.PortReset(new_port=4009))).open()


def test_a_port_that_is_reset_later_is_reported_with_the_new_one(
    serve: Serve, connect: Connect
) -> None:
    gateway = connect(serve(faults.PortReset(new_port=4009, occasion=Occasion.CONTRACT_DATA)))
    for _ in range(2):
        with pytest.raises(GatewayMovedError, match="4009"):
            gateway.request_contracts(ES_AT_CME).result(5)


def test_only_versions_that_the_tests_cover_are_announced(serve: Serve, connect: Connect) -> None:
    replay = serve()
    connect(replay).open()
    assert replay.frames[0].fields == ("API", f"v100..{NEWEST}")


def test_failed_connections_leave_no_thread_and_no_file_open(
    serve: Serve, connect: Connect
) -> None:
    replay = serve(
        faults.ServerVersionText(text="60", first=1),
        faults.RawReply(data=b"HTTP/1.1 400 Bad Request\r\n\r\n", skip=1, first=1),
        faults.HangUpAfterRows(occasion=Occasion.HELLO, skip=2, first=1),
        faults.Silence(occasion=Occasion.HELLO, skip=3, first=1),
        faults.NoNextValidId(first=1),
    )
    gateway = connect(replay, handshake_timeout=0.2)
    before = open_files()
    for _ in range(5):
        with pytest.raises(HandshakeError):
            gateway.open()
        assert reader_threads() == []
    replay.stop()  # its own ends of the connections are files too
    assert open_files() < before
    assert replay.connections == 5
