from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.tws_client import decode_error
from ibkr_sync.infrastructure.replay.protocol.replies import HangUp, Message, Step
from ibkr_sync.infrastructure.replay.protocol.requests import (
    OtherRequest,
    StartApi,
    UnreadableRequest,
)
from ibkr_sync.infrastructure.replay.protocol.wire import frame, join_fields, split_fields
from ibkr_sync.infrastructure.replay.rows import ContractRow, MarketRuleRow
from ibkr_sync.infrastructure.replay.serving.backend import Backend, ClientFrame
from ibkr_sync.infrastructure.replay.serving.faults import FaultScript
from ibkr_sync.infrastructure.replay.serving.matching import ContractBook
from ibkr_sync.infrastructure.replay.serving.session import Session

NOW = datetime(2026, 1, 1, 14, 30, tzinfo=UTC)
ES = ("9", "8", "12", "0", "ES", "FUT", "", "", "", "", "CME", "", "", "", "", "0", "", "", "")
READ_ONLY = "The API interface is currently in Read-Only mode."


class Client:
    """Talks to a session without a socket; time stands still unless told."""

    def __init__(self, backend: Backend) -> None:
        self.session = Session(1, backend)
        self.at = 100.0

    def send(self, data: bytes) -> list[Step]:
        return [step for reply in self.session.received(data, self.at) for step in reply.plan]

    def say(self, *fields: str) -> list[Step]:
        return self.send(frame(join_fields(fields)))

    def start(self, client_id: str = "7") -> list[Step]:
        self.send(b"API\0" + frame(b"v100..187"))
        return self.say("71", "2", client_id, "")


@pytest.fixture
def log() -> list[ClientFrame]:
    return []


def _backend(
    rows: Sequence[ContractRow] = (),
    log: Callable[[ClientFrame], None] = lambda _: None,
    **options: object,
) -> Backend:
    defaults: dict[str, Any] = {
        "server_version": 187,
        "messages_per_second": None,
        "script": FaultScript([]),
        "market_rules": {"67": MarketRuleRow(market_rule_id="67", increments=(("0", "0.25"),))},
    }
    return Backend(
        book=ContractBook(rows), now=lambda: NOW, accounts="DU1", log=log, **defaults | options
    )


@pytest.fixture
def make_backend(
    make_row: Callable[..., ContractRow], log: list[ClientFrame]
) -> Callable[..., Backend]:
    """Makes the backend of a gateway that knows one contract of ES and rule 67."""
    return partial(_backend, rows=[make_row()], log=log.append)


@pytest.fixture
def client(make_backend: Callable[..., Backend]) -> Client:
    return Client(make_backend())


def _said(steps: Sequence[Step]) -> list[tuple[str, ...]]:
    return [split_fields(step.payload) for step in steps if isinstance(step, Message)]


def _errors(steps: Sequence[Step]) -> list[tuple[int, int, str]]:
    return [decode_error(fields, 187) for fields in _said(steps) if fields[0] == "4"]


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
    (greeting,) = _said(client.send(b"API\0" + frame(versions.encode())))
    assert greeting == (agreed, "20260101 09:30:00 America/New_York")


@pytest.mark.parametrize("versions", ["v188..226", "v100..156", "v201..226", "100..200", "", "v"])
def test_a_client_without_common_version_is_hung_up_on(client: Client, versions: str) -> None:
    assert client.send(b"API\0" + frame(versions.encode())) == [HangUp()]
    assert client.say("71", "2", "7", "") == []


@pytest.mark.parametrize("data", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01", b"63\0", b"APIX"])
def test_a_client_that_speaks_something_else_is_hung_up_on(client: Client, data: bytes) -> None:
    assert client.send(data) == [HangUp()]
    assert client.send(data) == []


@given(size=st.integers(1, 40))
def test_a_conversation_does_not_depend_on_how_it_was_cut(size: int) -> None:
    start = frame(join_fields(("71", "2", "7", "")))
    stream = b"API\0" + frame(b"v100..200") + start + frame(join_fields(ES))
    whole = Client(_backend()).send(stream)
    client = Client(_backend())
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    assert [step for piece in pieces for step in client.send(piece)] == whole
    assert len(whole) == 7


def test_a_start_is_answered_with_the_next_id_the_accounts_and_the_farms(client: Client) -> None:
    said = _said(client.start())
    assert said[:2] == [("9", "1", "1"), ("15", "1", "DU1")]
    assert [decode_error(fields, 187)[:2] for fields in said[2:]] == [
        (-1, 2104),
        (-1, 2106),
        (-1, 2158),
    ]


def test_a_request_before_the_start_is_dropped(client: Client) -> None:
    client.send(b"API\0" + frame(b"v100..187"))
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
    assert [error[:2] for error in _errors(refusal)] == [(-1, 326)]
    assert refusal[-1] == HangUp()
    other.session.ended()
    holder.session.ended()
    assert _said(later.start("7"))[0] == ("9", "1", "1")


def test_a_client_id_is_taken_over_from_a_client_that_left_unnoticed(
    make_backend: Callable[..., Backend],
) -> None:
    backend = make_backend()
    gone, new = Client(backend), Client(backend)
    gone.start("7")
    gone.session.is_connected = lambda: False
    assert _said(new.start("7"))[0] == ("9", "1", "1")
    gone.session.ended()
    assert _errors(Client(backend).start("7"))[0][1] == 326


def test_rows_are_followed_by_an_end_marker_under_the_same_id(client: Client) -> None:
    client.start()
    row, end = _said(client.say(*ES))
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
    assert _errors(client.say(*fields)) == [error]


def test_market_rules_and_the_clock_are_told(client: Client) -> None:
    client.start()
    assert _said(client.say("91", "67")) == [("93", "67", "1", "0", "0.25")]
    assert _said(client.say("49", "1")) == [("49", "1", str(int(NOW.timestamp())))]


def test_taking_a_request_back_is_not_answered(client: Client) -> None:
    client.start()
    assert client.say("106", "12") == []


def test_a_frame_of_absurd_length_ends_the_conversation(client: Client) -> None:
    client.start()
    assert client.send(struct.pack("!I", 1 << 24)) == [HangUp()]
    assert client.say("49", "1") == []


def test_every_frame_is_logged_also_what_is_not_served(
    client: Client, log: list[ClientFrame]
) -> None:
    client.start()
    client.say("3", "45", "1")
    client.send(frame(b"\xff"))
    assert [(each.fields, each.request) for each in log] == [
        (("API", "v100..187"), None),
        (("71", "2", "7", ""), StartApi(client_id=7)),
        (("3", "45", "1"), OtherRequest(message_id=3)),
        ((), UnreadableRequest(reason="Unable to parse the message")),
    ]
    assert {each.connection for each in log} == {1}
    assert log[-1].payload == b"\xff"


def test_messages_above_the_limit_are_refused_and_the_third_one_ends_it(
    make_backend: Callable[..., Backend],
) -> None:
    client = Client(make_backend(messages_per_second=3))
    client.start()
    served = [client.say("49", "1") for _ in range(2)]
    assert all(_said(steps)[0][0] == "49" for steps in served)
    first, second, third = (client.say("49", "1") for _ in range(3))
    text = "Max rate of messages per second has been exceeded"
    assert _errors(first) == [(-1, 100, f"{text}:max=3 rec=4 (1)")]
    assert HangUp() not in second
    assert third[-1] == HangUp()
    assert client.say("49", "1") == []


def test_the_limit_counts_any_sliding_second(make_backend: Callable[..., Backend]) -> None:
    client = Client(make_backend(messages_per_second=3))
    client.start()
    answers = []
    for at in (100.5, 100.9, 101.0, 101.4, 101.95):
        client.at = at
        answers.append(_said(client.say("49", "1"))[0][0])
    assert answers == ["49", "49", "49", "4", "49"]
