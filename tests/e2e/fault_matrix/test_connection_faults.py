"""Whatever answers at the address, and however, the run ends in time and changes nothing."""

from __future__ import annotations

import random
import socket
from contextlib import ExitStack
from itertools import product

import pytest

from e2e.fault_matrix.ordeals import INSTALLED, Fate, Ordeal
from e2e.fault_matrix.rig import Rig, asking
from gateway.faults import (
    ClientIdInUse,
    EarlyStart,
    Fault,
    HangUpAfterRows,
    NoNextValidId,
    Occasion,
    PortReset,
    RawReply,
    ServerVersionText,
    Silence,
)
from thoroughness import some_of

MEGABYTES_OF_A_RUN = 50
"""By how much a run may need more memory than one in which nothing goes wrong."""


def ask(rig: Rig, port: int, host: str = "127.0.0.1", **expected: object) -> None:
    """Ask where no gateway is, and check all that must hold."""
    ordeal = Ordeal(code=3, **expected)  # type: ignore[arg-type]
    before = rig.store.tables()
    endured = rig.run(*asking(ordeal.symbols, port), "--host", host)
    assert f"{host}:{port}" in endured.run.err
    rig.check(ordeal, endured, before)


@pytest.mark.representative
def test_a_closed_port_is_reported(rig: Rig) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    ask(rig, port, message="connection refused")


def test_a_name_that_does_not_resolve_is_reported(rig: Rig) -> None:
    ask(rig, 4002, host="gateway.invalid", message="does not resolve")


def test_an_address_that_never_answers_is_given_up_at_the_connect_timeout(rig: Rig) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as busy, ExitStack() as stack:
        for _ in range(4):  # whoever comes now stands in a queue that is full
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(busy.getsockname())
        settings = {"connect_timeout": 0.5}
        ordeal = Ordeal(code=3, message="no answer within 0.5 s", seconds=0.5)
        before = rig.store.tables()
        endured = rig.run(*asking(ordeal.symbols, busy.getsockname()[1]), settings=settings)
    rig.check(ordeal, endured, before)
    assert endured.took >= 0.5


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        pytest.param(
            Silence(occasion=Occasion.HELLO), "Accept incoming connection?", id="no-answer"
        ),
        pytest.param(NoNextValidId(), "nextValidId never came", id="no-next-valid-id"),
    ],
)
def test_a_gateway_that_says_nothing_is_given_up_at_the_handshake_timeout(
    rig: Rig, fault: Fault, message: str
) -> None:
    settings = {"handshake_timeout": 1}
    ordeal = Ordeal(
        faults=[fault], code=3, message=message, connections=1, settings=settings, seconds=1
    )
    endured = rig.endure(ordeal)
    assert "trusted IPs" in endured.run.message
    assert endured.took >= 1


@pytest.mark.parametrize(
    ("occasion", "how"),
    some_of([*product((Occasion.HELLO, Occasion.START_API), ("closed", "reset"))], 2),
)
def test_a_line_that_drops_during_the_handshake_is_reported_with_its_likely_causes(
    rig: Rig, occasion: Occasion, how: str
) -> None:
    fault = HangUpAfterRows(occasion=occasion, reset=how == "reset")
    endured = rig.endure(Ordeal(faults=[fault], code=3, message="hung up"))
    for cause in ("trusted IPs", "localhost only", "32 clients", "locked"):
        assert cause in endured.run.message


def test_what_comes_in_one_segment_with_the_handshake_is_not_lost(rig: Rig) -> None:
    rig.endure(Ordeal(faults=[EarlyStart()], fate=Fate.RENEWED, connections=1))


TLS_HELLO = b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03" + b"\xff" * 2000


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"HTTP/1.1 400 Bad Request\r\n\r\n", id="HTTP"),
        pytest.param(random.Random(7).randbytes(1 << 20), id="noise"),  # noqa: S311
        pytest.param(TLS_HELLO, id="TLS"),
    ],
)
def test_another_protocol_is_reported_at_once_and_takes_no_memory(rig: Rig, data: bytes) -> None:
    ordeal = Ordeal(faults=[RawReply(data=data)], code=3, connections=1, launcher=INSTALLED)
    before = rig.store.tables()
    endured = rig.attempt(ordeal)
    rig.check(ordeal, endured, before)
    normal = rig.recover(ordeal)
    assert endured.peak_megabytes < normal.peak_megabytes + MEGABYTES_OF_A_RUN


@pytest.mark.parametrize("version", ["abc", "60", "99999", "-1"])
def test_a_server_version_that_is_not_spoken_is_reported(rig: Rig, version: str) -> None:
    fault = ServerVersionText(text=version)
    rig.endure(Ordeal(faults=[fault], code=3, message=version, connections=1))


def test_the_third_client_id_serves_when_two_are_taken(rig: Rig) -> None:
    taken = ClientIdInUse(client_ids=frozenset({411, 412}))
    rig.endure(Ordeal(faults=[taken], fate=Fate.RENEWED, connections=3))


def test_no_more_client_ids_are_tried_than_allowed(rig: Rig) -> None:
    rig.endure(Ordeal(faults=[ClientIdInUse()], code=3, message="taken (326)", connections=3))


@pytest.mark.parametrize("occasion", [Occasion.START_API, Occasion.CONTRACT_DATA])
def test_a_port_that_was_reset_is_reported_with_the_new_one(rig: Rig, occasion: Occasion) -> None:
    fault = PortReset(new_port=4099, occasion=occasion)
    rig.endure(Ordeal(faults=[fault], code=3, message="4099"))
