"""ibapi's client as we use it: callbacks in, events out, complaints as errors."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from ibkr_sync.domain.errors import ConnectionLostError, RequestRejectedError
from ibkr_sync.infrastructure.replay.protocol.wire import wire_from_fields
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.client import ReadOnlyClient
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.client_events import (
    ClientEvent,
    EndEvent,
    LadderEvent,
    NoticeEvent,
    ReadyEvent,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.connection import GatewayConnection
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_request import ContractRequest
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.frames.messages import message_in_frame
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.frames.text_frames import (
    MalformedFrameError,
)


@pytest.fixture
def ends() -> Iterator[tuple[GatewayConnection, socket.socket]]:
    ours, theirs = socket.socketpair()
    connection = GatewayConnection("gateway", 4002, ours)
    yield connection, theirs
    connection.disconnect()
    theirs.close()


@pytest.fixture
def client(ends: tuple[GatewayConnection, socket.socket]) -> ReadOnlyClient:
    return ReadOnlyClient(ends[0], 7, 157)


def decoded(client: ReadOnlyClient, *fields: object) -> ClientEvent:
    return client.decode_message(message_in_frame(wire_from_fields(map(str, fields)), 157))


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param((200, "No security definition"), id="9.81: code, text"),
        pytest.param((200, "No security definition", ""), id="10.19: code, text, json"),
        pytest.param((200, "No security definition", "{}"), id="10.19 with json"),
        pytest.param((1795435200000, 200, "No security definition", ""), id="10.33: time, code, …"),
        pytest.param((1795435200000, 200, "No security definition"), id="10.33 without json"),
    ],
)
def test_an_error_is_the_same_in_every_signature_that_ibapi_had(
    client: ReadOnlyClient, arguments: tuple[Any, ...]
) -> None:
    with client._collecting() as events:
        client.error(12, *arguments)
    assert events == [NoticeEvent(12, 200, "No security definition")]


def test_what_an_error_says_is_cleaned(client: ReadOnlyClient) -> None:
    with client._collecting() as events:
        client.error(-1, 2104, "\x1b[2Jfarm\u202e " + "x" * 10_000)
    (notice,) = events
    assert isinstance(notice, NoticeEvent)
    assert notice.text.startswith("[2Jfarm x")
    assert len(notice.text) == 512


@pytest.mark.parametrize(
    ("fields", "event"),
    [
        ((9, 1, 45), ReadyEvent()),
        ((52, 1, 12), EndEvent(12)),
        ((93, 67, 2, 0, 0.25, 100, 0.5), LadderEvent(67, ((0.0, 0.25), (100.0, 0.5)))),
        ((4, 2, 12, 200, "No."), NoticeEvent(12, 200, "No.")),
        ((4, 2, -1, 2104, "Farm is OK:x"), NoticeEvent(-1, 2104, "Farm is OK:x")),
    ],
)
def test_each_message_is_one_event(
    client: ReadOnlyClient, fields: tuple[object, ...], event: ClientEvent
) -> None:
    assert decoded(client, *fields) == event


def test_a_text_that_ends_in_a_backslash_is_still_an_error(client: ReadOnlyClient) -> None:
    event = decoded(client, 4, 2, -1, 2104, "ends in \\")
    assert isinstance(event, NoticeEvent)
    assert event.text.startswith("ends in \\")


@pytest.mark.parametrize(
    "fields",
    [
        (9, 1, "x"),
        (9, 1),
        (52, 1, 12, "more"),
        (52, 1, ""),
        (93, 67, 9, 0, 0.25),
        (4, 2, 12, "x", "No."),
        (10, 8, 12, "ES"),
        (15, 1, "DU1"),
        (999, 1),
    ],
)
def test_what_ibapi_cannot_decode_or_drops_is_malformed(
    client: ReadOnlyClient, fields: tuple[object, ...]
) -> None:
    with pytest.raises(MalformedFrameError):
        decoded(client, *fields)


def test_a_complaint_about_a_message_does_not_repeat_all_of_it(client: ReadOnlyClient) -> None:
    with pytest.raises(MalformedFrameError) as caught:
        decoded(client, 9, 1, "x" * 100_000)
    assert len(str(caught.value)) < 500


def test_a_message_that_was_malformed_leaves_no_event_behind(client: ReadOnlyClient) -> None:
    with pytest.raises(MalformedFrameError):
        decoded(client, 9, 1, "x")
    assert decoded(client, 52, 1, 12) == EndEvent(12)


def test_callbacks_outside_of_our_own_calls_are_nobody_s(client: ReadOnlyClient) -> None:
    client.error(-1, 2104, "Nobody listens.")
    client.nextValidId(1)
    assert decoded(client, 52, 1, 12) == EndEvent(12)


def test_callbacks_of_two_threads_are_not_mixed(client: ReadOnlyClient) -> None:
    inside, done = threading.Event(), threading.Event()
    seen: list[list[ClientEvent]] = []

    def other() -> None:
        with client._collecting() as events:
            inside.set()
            done.wait(5)
        seen.append(events)

    thread = threading.Thread(target=other)
    thread.start()
    inside.wait(5)
    assert decoded(client, 52, 1, 12) == EndEvent(12)
    done.set()
    thread.join()
    assert seen == [[]]


def test_a_request_leaves_as_one_frame(
    client: ReadOnlyClient, ends: tuple[GatewayConnection, socket.socket]
) -> None:
    client.send_contract_request(12, ContractRequest(symbol="ES", include_expired=True))
    sent = ends[1].recv(1000)
    assert int.from_bytes(sent[:4], "big") == len(sent) - 4
    fields = sent[4:].split(b"\0")
    assert fields[:6] == [b"9", b"8", b"12", b"0", b"ES", b"FUT"]
    assert fields[15] == b"1"


def test_sending_on_a_dead_connection_is_a_lost_connection(
    client: ReadOnlyClient, ends: tuple[GatewayConnection, socket.socket]
) -> None:
    """ibapi says so with an error that names no request, and sends nothing."""
    ends[0].disconnect()
    for send in (
        client.send_start,
        lambda: client.send_market_rule_request(67),
        lambda: client.send_contract_request(12, ContractRequest(symbol="ES")),
    ):
        with pytest.raises(ConnectionLostError):
            send()


def test_what_ibapi_refuses_to_encode_is_a_rejected_request(client: ReadOnlyClient) -> None:
    with pytest.raises(RequestRejectedError) as caught:
        client.send_contract_request(12, ContractRequest(symbol="É"))
    assert caught.value.code == 579
