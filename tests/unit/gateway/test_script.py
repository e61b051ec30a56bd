from __future__ import annotations

from fakes.session_client import NOW, Client, backend_with, errors, said
from gateway.dialects import dialect_for
from gateway.script import Script
from ibkr_sync.infrastructure.replay.protocol.reply_parts import HangUpPart
from ibkr_sync.infrastructure.replay.protocol.requests import (
    OtherRequest,
    StartApiRequest,
    UnreadableRequest,
)
from ibkr_sync.infrastructure.replay.protocol.wire import wire_frame


def _scripted(*, messages_per_second: int | None = None) -> tuple[Script, Client]:
    script = Script(now=lambda: NOW, messages_per_second=messages_per_second)
    return script, Client(backend_with(dialect_of=dialect_for, interceptor=script))


def test_every_frame_is_logged_also_what_is_not_served() -> None:
    script, client = _scripted()
    client.start()
    client.say("3", "45", "1")
    client.send(wire_frame(b"\xff"))
    assert [(frame.fields, frame.request) for frame in script.frames] == [
        (("API", "v100..187"), None),
        (("71", "2", "7", ""), StartApiRequest(client_id=7)),
        (("3", "45", "1"), OtherRequest(message_id=3)),
        ((), UnreadableRequest(reason="Unable to parse the message")),
    ]
    assert {frame.connection for frame in script.frames} == {1}
    assert script.frames[-1].payload == b"\xff"


def test_messages_above_the_limit_are_refused_and_the_third_one_ends_it() -> None:
    _, client = _scripted(messages_per_second=3)
    client.start()
    served = [client.say("49", "1") for _ in range(2)]
    assert all(said(steps)[0][0] == "49" for steps in served)
    first, second, third = (client.say("49", "1") for _ in range(3))
    text = "Max rate of messages per second has been exceeded"
    assert errors(first) == [(-1, 100, f"{text}:max=3 rec=4 (1)")]
    assert HangUpPart() not in second
    assert third[-1] == HangUpPart()
    assert client.say("49", "1") == []


def test_the_limit_counts_any_sliding_second() -> None:
    _, client = _scripted(messages_per_second=3)
    client.start()
    answers = []
    for at in (100.5, 100.9, 101.0, 101.4, 101.95):
        client.at = at
        answers.append(said(client.say("49", "1"))[0][0])
    assert answers == ["49", "49", "49", "4", "49"]
