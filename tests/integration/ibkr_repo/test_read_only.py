"""Nothing but questions about reference data can leave, whatever is called."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import logging
import struct
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ibapi.client import EClient
from ibapi.contract import ComboLeg, Contract
from ibapi.execution import ExecutionFilter
from ibapi.order import Order
from ibapi.scanner import ScannerSubscription
from ibapi.server_versions import MAX_CLIENT_VER

from fakes.gateway_rig import Connect, RepositoryOf, Serve, await_arrival, bring_up_to_date
from fakes.protocol_versions import SPOKEN
from ibkr_sync.infrastructure.replay.protocol.notices import ACCOUNTS
from ibkr_sync.infrastructure.replay.protocol.requests import (
    ContractDataRequest,
    OtherRequest,
    StartApiRequest,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.client import ReadOnlyClient
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.client_events import NoticeEvent
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.connection import (
    ALLOWED_MESSAGES,
    ForbiddenMessageError,
)

LOCAL_METHODS = {
    *("connect", "disconnect", "isConnected", "run", "reset", "keyboardInterrupt"),
    *("keyboardInterruptHard", "logRequest", "sendMsg", "serverVersion", "setConnState"),
    *("setConnectionOptions", "msgLoopTmo", "msgLoopRec", "twsConnectionTime"),
    *("sendMsgProtoBuf", "setConnectOptions", "setOptionalCapabilities", "checkConnected"),
    "useProtoBuf",
    *("validateAttachedOrdersParameters", "validateInvalidSymbols", "validateOrderParameters"),
}
"""What ibapi's client does without sending a message of its own."""

ALLOWED_METHODS = {
    *("startApi", "reqContractDetails", "reqMarketRule"),
}

ALLOWED_IN_PROTOBUF = {
    *("startApiProtoBuf", "reqContractDataProtoBuf", "reqMarketRuleProtoBuf"),
}
"""What newer ibapis have besides, some of it for newer gateways only."""

BY_NAME: dict[str, Callable[[], Any]] = {
    "contract": Contract,
    "order": Order,
    "execFilter": ExecutionFilter,
    "subscription": ScannerSubscription,
}
BY_TYPE: dict[object, Callable[[], Any]] = {
    str: lambda: "x",
    "str": lambda: "x",
    float: lambda: 1.0,
    bool: bool,
    list: list,
}


@pytest.fixture
def client(serve: Serve, connect: Connect) -> Iterator[ReadOnlyClient]:
    """The client of a live session."""
    session = connect(serve()).open()
    yield session._client
    session.close()


def request_methods() -> list[str]:
    """Every method of ibapi's client that sends something."""
    members = inspect.getmembers(EClient, inspect.isfunction)
    return [name for name, _ in members if name not in LOCAL_METHODS and name[0] != "_"]


def arguments_of(method: str) -> list[Any]:
    """Arguments that a method of ibapi accepts."""
    return [
        _argument(parameter)
        for parameter in inspect.signature(getattr(EClient, method)).parameters.values()
    ][1:]


def _argument(parameter: inspect.Parameter) -> Any:
    name, kind = parameter.name, parameter.annotation
    if hasattr(kind, "DESCRIPTOR") or getattr(kind, "__module__", "").startswith("ibapi."):
        return kind()
    if name.endswith("Proto"):
        return _protobuf_message(name[0].upper() + name[1:].removesuffix("Proto"))
    if name.endswith(("Options", "Filters")):
        return []
    return (BY_NAME.get(name) or BY_TYPE.get(kind) or (lambda: 1))()


def _protobuf_message(name: str) -> Any:
    return getattr(importlib.import_module(f"ibapi.protobuf.{name}_pb2"), name)()


def call(client: ReadOnlyClient, method: str) -> str:
    """What came of calling a method: it was sent, blocked, or refused by ibapi itself."""
    with client._collecting() as complaints:
        try:
            getattr(client, method)(*arguments_of(method))
        except ForbiddenMessageError:
            return "blocked"
    # From 10.x on ibapi catches what is raised and tells it as an error.
    said = [complaint.text for complaint in complaints if isinstance(complaint, NoticeEvent)]
    if any("may not be sent" in text for text in said):
        return "blocked"
    return "refused" if said else "sent"


@pytest.mark.parametrize("version", SPOKEN)
def test_only_questions_about_reference_data_leave_whatever_method_is_called(
    serve: Serve, connect: Connect, version: int
) -> None:
    replay = serve(server_version=version)
    session = connect(replay).open()
    session._client.extraAuth = True  # or two methods would refuse by themselves
    outcomes = {method: call(session._client, method) for method in request_methods()}
    await_arrival(session)
    sent = {method for method, outcome in outcomes.items() if outcome == "sent"}
    blocked = {method for method, outcome in outcomes.items() if outcome == "blocked"}
    assert ALLOWED_METHODS <= sent <= ALLOWED_METHODS | ALLOWED_IN_PROTOBUF
    assert {"placeOrder", "cancelOrder", "reqGlobalCancel", "reqCurrentTime"} < blocked
    assert outcomes["exerciseOptions"] in ("blocked", "refused")  # by ibapi, at some versions
    assert {"reqAutoOpenOrders", "reqAccountUpdates", "replaceFA", "reqIds"} < blocked
    assert len(blocked) > 60
    if version == MAX_CLIENT_VER:  # nothing is too new, so all get as far as to be sent
        assert sent | blocked == outcomes.keys()
    frames = [frame for frame in replay.frames if frame.fields[0] != "API"]
    assert {int(frame.fields[0]) % 200 for frame in frames} <= ALLOWED_MESSAGES.keys()
    assert not any(isinstance(frame.request, OtherRequest) for frame in frames)


def test_a_client_makes_no_connection_of_its_own(client: ReadOnlyClient) -> None:
    with pytest.raises(ForbiddenMessageError):
        client.connect("127.0.0.1", 7496, 1)
    with pytest.raises(ForbiddenMessageError):
        client.run()


def framed(payload: bytes) -> bytes:
    return struct.pack("!I", len(payload)) + payload


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(framed(b"3\x0045\0"), id="an order"),
        pytest.param(framed(b"58\x001\0"), id="a global cancel"),
        pytest.param(framed(struct.pack("!I", 3) + b"x"), id="an order with a binary id"),
        pytest.param(framed(struct.pack("!I", 203) + b"x"), id="an order in protobuf"),
        pytest.param(framed(b"9") + framed(b"3\x0045\0"), id="an order behind a question"),
        pytest.param(struct.pack("!I", 2) + b"9\x00\x00\x00\x00\x023\0", id="an order in hiding"),
        pytest.param(framed(b"\xb9\0"), id="a digit that is none"),
        pytest.param(framed(b""), id="nothing"),
        pytest.param(b"9\0", id="no frame"),
        pytest.param(b"", id="no bytes"),
        pytest.param(framed(b"-9\0"), id="a negative id"),
    ],
)
@pytest.mark.text_protocol
def test_the_connection_sends_nothing_but_one_allowed_message(
    serve: Serve, connect: Connect, message: bytes
) -> None:
    replay = serve()
    session = connect(replay).open()
    before = len(replay.frames)
    with pytest.raises(ForbiddenMessageError):
        session._connection.sendMsg(message)
    await_arrival(session)
    assert [frame.fields[0] for frame in replay.frames[before:]] == ["9"]


def test_accounts_that_the_gateway_announces_appear_nowhere(
    serve: Serve, repository_of: RepositoryOf, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    bring_up_to_date(repository_of(serve()), "ES")
    assert ACCOUNTS not in caplog.text


def test_the_legs_of_a_combination_change_nothing_about_that(
    serve: Serve, connect: Connect
) -> None:
    replay = serve()
    session = connect(replay).open()
    combination = Contract()
    combination.secType = "BAG"
    combination.comboLegs = [ComboLeg()]
    with contextlib.suppress(ForbiddenMessageError):
        session._client.placeOrder(1, combination, Order())
    await_arrival(session)
    assert [type(request) for request in replay.requests] == [StartApiRequest, ContractDataRequest]
