from __future__ import annotations

import struct
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.session_client import NOW, Client, backend_with, errors, said
from fakes.tws_client import decode_error
from ibkr_sync.infrastructure.replay.protocol.reply_parts import HangUpPart
from ibkr_sync.infrastructure.replay.protocol.wire import wire_frame, wire_from_fields
from ibkr_sync.infrastructure.replay.rows import ContractRow
from ibkr_sync.infrastructure.replay.serving.backend import Backend

ES = ("9", "8", "12", "0", "ES", "FUT", "", "", "", "", "CME", "", "", "", "", "0", "", "", "")
READ_ONLY = "The API interface is currently in Read-Only mode."


@pytest.fixture
def make_backend(make_row: Callable[..., ContractRow]) -> Callable[..., Backend]:
    """Makes the backend of a gateway that knows one contract of ES and rule 67."""
    return partial(backend_with, [make_row()])


@pytest.fixture
def client(make_backend: Callable[..., Backend]) -> Client:
    return Client(make_backend())


@pytest.mark.parametrize(
    ("server", "versions", "agreed"),
    [
        (187, "v100..200", "187"),
        (187, "v100..157", "157"),
        (187, "v157..157", "157"),
        (187, "v100..9999", "187"),
        (187, "v187", "187"),
        (200, "v100..200 +PACEAPI", "200"),
        (157, "v100..226", "157"),
    ],
)
def test_the_newest_version_that_both_speak_is_agreed(
    make_backend: Callable[..., Backend], server: int, versions: str, agreed: str
) -> None:
    client = Client(make_backend(server_version=server))
    (greeting,) = said(client.send(b"API\0" + wire_frame(versions.encode())))
    assert greeting == (agreed, "20260101 09:30:00 America/New_York")


@pytest.mark.parametrize("versions", ["v188..226", "v100..156", "v201..226", "100..200", "", "v"])
def test_a_client_without_common_version_is_hung_up_on(client: Client, versions: str) -> None:
    assert client.send(b"API\0" + wire_frame(versions.encode())) == [HangUpPart()]
    assert client.say("71", "2", "7", "") == []


@pytest.mark.parametrize("data", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01", b"63\0", b"APIX"])
def test_a_client_that_speaks_something_else_is_hung_up_on(client: Client, data: bytes) -> None:
    assert client.send(data) == [HangUpPart()]
    assert client.send(data) == []


@given(size=st.integers(1, 40))
def test_a_conversation_does_not_depend_on_how_it_was_cut(size: int) -> None:
    start = wire_frame(wire_from_fields(("71", "2", "7", "")))
    stream = b"API\0" + wire_frame(b"v100..200") + start + wire_frame(wire_from_fields(ES))
    whole = Client(backend_with()).send(stream)
    client = Client(backend_with())
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    assert [step for piece in pieces for step in client.send(piece)] == whole
    assert len(whole) == 7


def test_a_start_is_answered_with_the_next_id_the_accounts_and_the_farms(client: Client) -> None:
    answer = said(client.start())
    assert answer[:2] == [("9", "1", "1"), ("15", "1", "DU0000000")]
    assert [decode_error(fields, 187)[:2] for fields in answer[2:]] == [
        (-1, 2104),
        (-1, 2106),
        (-1, 2158),
    ]


def test_a_request_before_the_start_is_dropped(client: Client) -> None:
    client.send(b"API\0" + wire_frame(b"v100..187"))
    assert client.say(*ES) == []


def test_a_second_start_is_ignored(client: Client) -> None:
    client.start()
    assert client.say("71", "2", "8", "") == []


def test_a_client_id_in_use_is_refused_and_free_again_after_its_holder(
    make_backend: Callable[..., Backend],
) -> None:
    backend = make_backend()
    holder, other, later = Client(backend), Client(backend), Client(backend)
    holder.start("7")
    refusal = other.start("7")
    assert [error[:2] for error in errors(refusal)] == [(-1, 326)]
    assert refusal[-1] == HangUpPart()
    other.session.ended()
    holder.session.ended()
    assert said(later.start("7"))[0] == ("9", "1", "1")


def test_a_client_id_is_taken_over_from_a_client_that_left_unnoticed(
    make_backend: Callable[..., Backend],
) -> None:
    backend = make_backend()
    gone, new = Client(backend), Client(backend)
    gone.start("7")
    gone.session.is_connected = lambda: False
    assert said(new.start("7"))[0] == ("9", "1", "1")
    gone.session.ended()
    assert errors(Client(backend).start("7"))[0][1] == 326


def test_rows_are_followed_by_an_end_marker_under_the_same_id(client: Client) -> None:
    client.start()
    row, end = said(client.say(*ES))
    assert row[:4] == ("10", "12", "ES", "FUT")
    assert end == ("52", "1", "12")


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        (
            (*ES[:4], "NQ", *ES[5:]),
            (12, 200, "No security definition has been found for the request"),
        ),
        (
            (*ES[:4], "", *ES[5:]),
            (12, 321, "Error validating request. cause - Please enter a local symbol or a symbol"),
        ),
        (ES[:12], (12, 320, "Error reading request. Unable to parse message 9")),
        (("91", "68"), (-1, 321, "Error validating request. cause - Unknown market rule 68")),
        (
            ("3", "45", "1"),
            (-1, 321, f"Error validating request. cause - {READ_ONLY}"),
        ),
    ],
)
def test_what_cannot_be_served_is_answered_with_an_error(
    client: Client, fields: tuple[str, ...], error: tuple[int, int, str]
) -> None:
    client.start()
    assert errors(client.say(*fields)) == [error]


def test_market_rules_and_the_clock_are_reported(client: Client) -> None:
    client.start()
    assert said(client.say("91", "67")) == [("93", "67", "1", "0", "0.25")]
    assert said(client.say("49", "1")) == [("49", "1", str(int(NOW.timestamp())))]


def test_taking_a_request_back_is_not_answered(client: Client) -> None:
    client.start()
    assert client.say("106", "12") == []


def test_a_frame_of_absurd_length_ends_the_conversation(client: Client) -> None:
    client.start()
    assert client.send(struct.pack("!I", 1 << 24)) == [HangUpPart()]
    assert client.say("49", "1") == []
