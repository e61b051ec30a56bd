"""ibapi's client with its connecting and its message loop taken out.

ibapi encodes the requests and decodes the replies. Its `connect` and `run` are not used:
they hang on a silent peer, lose what comes with the handshake, and one odd message ends
them without a word.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from ibkr_sync.domain.errors import ConnectionLostError, RequestRejectedError
from ibkr_sync.domain.untrusted_text import clean_text
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.client_events import (
    ClientEvent,
    EndEvent,
    LadderEvent,
    NoticeEvent,
    ReadyEvent,
    RowEvent,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.connection import (
    ForbiddenMessageError,
    GatewayConnection,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_request import ContractRequest
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.frames.messages import Message
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.frames.protobuf_frames import (
    ProtobufMessage,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.frames.text_frames import (
    ERROR_MESSAGE,
    MalformedFrameError,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.library import library_error

try:
    import ibapi
    from ibapi.client import EClient
    from ibapi.contract import Contract
    from ibapi.decoder import Decoder
    from ibapi.server_versions import MAX_CLIENT_VER
    from ibapi.wrapper import EWrapper
except Exception as error:  # a broken package raises anything
    raise library_error(error) from error

IBAPI_VERSION: str = ibapi.get_version_string()
"""The version of the installed ibapi."""

NEWEST_SERVER_VERSION = 226
"""The newest protocol version that the tests cover."""

CLIENT_VERSIONS = (100, min(MAX_CLIENT_VER, NEWEST_SERVER_VERSION))
"""The protocol versions that we announce: what the installed ibapi decodes."""

_NOT_CONNECTED = 504

_LONGEST_CAUSE = 200
"""ibapi's exceptions quote what they stumble over, however long it is."""

_DECODER_TAKES_MESSAGE_ID = "msgId" in inspect.signature(Decoder.interpret).parameters


class ReadOnlyClient(EWrapper, EClient):  # type: ignore[misc]  # ibapi has no type information
    """Encodes requests to, and decodes frames from, one connected gateway.

    Sending raises ConnectionLostError when the connection is gone and RequestRejectedError
    when ibapi refuses to encode what is asked.
    """

    def __init__(self, connection: GatewayConnection, client_id: int, server_version: int) -> None:
        EClient.__init__(self, self)
        self._collected = threading.local()
        self.conn = connection
        self.clientId = client_id
        self.serverVersion_ = server_version
        self.optCapab = ""
        self.decoder = Decoder(self, server_version)
        self.setConnState(EClient.CONNECTED)

    def decode_message(self, message: Message) -> ClientEvent:
        """Decode one message; raises MalformedFrameError whatever ibapi stumbles over."""
        with self._collecting() as events:
            try:
                self._interpret(message)
            except Exception as error:  # ibapi raises anything, TypeError included
                cause = repr(error)[:_LONGEST_CAUSE]
                raise MalformedFrameError(f"ibapi can't decode it: {cause}") from error
        if not events:
            raise MalformedFrameError("ibapi dropped it")
        event = events[0]
        if isinstance(event, NoticeEvent) and message.message_id != ERROR_MESSAGE:
            raise MalformedFrameError(f"ibapi complains of it: {event.text}")
        return event

    def _interpret(self, message: Message) -> None:
        if isinstance(message, ProtobufMessage):
            self.decoder.processProtoBuf(message.body, message.message_id)
        elif _DECODER_TAKES_MESSAGE_ID:
            self.decoder.interpret(message.fields[1:], message.message_id)
        else:
            self.decoder.interpret(message.fields)

    def send_start(self) -> None:
        """Ask to be served; the answer is `nextValidId`."""
        with self._sending():
            self.startApi()

    def send_contract_request(self, request_id: int, request: ContractRequest) -> None:
        """Ask for contract details."""
        # A fresh Contract each time: echoing a decoded one leaks its fields into the request.
        contract = Contract()
        contract.secType = "FUT"
        contract.conId = request.con_id or 0
        contract.symbol = request.symbol
        contract.localSymbol = request.local_symbol
        contract.exchange = request.exchange
        contract.includeExpired = request.include_expired
        with self._sending():
            self.reqContractDetails(request_id, contract)

    def send_market_rule_request(self, market_rule_id: int) -> None:
        """Ask for a tick ladder."""
        with self._sending():
            self.reqMarketRule(market_rule_id)

    def connect(self, *_args: object) -> NoReturn:
        """Refuse: ibapi's own connection would send whatever it is given."""
        raise ForbiddenMessageError("a client has one connection, given when it was made")

    def run(self) -> NoReturn:
        """Refuse: ibapi's own loop ends at the first message it can't decode."""
        raise ForbiddenMessageError("messages are given to decode_message one by one")

    @contextmanager
    def _sending(self) -> Iterator[None]:
        """Raise what hindered the sending, and what ibapi complains of through a callback."""
        self._collected.hindrance = None
        with self._collecting() as events:
            yield
        if self._collected.hindrance is not None:
            raise self._collected.hindrance
        for event in events:
            if isinstance(event, NoticeEvent) and event.code == _NOT_CONNECTED:
                raise ConnectionLostError(self.conn.host, self.conn.port, event.text)
            if isinstance(event, NoticeEvent):
                raise RequestRejectedError(event.code, event.text)

    @contextmanager
    def _remembering(self) -> Iterator[None]:
        """Keep what is raised: from 10.x on ibapi reports it as an error of the request."""
        try:
            yield
        except Exception as error:
            self._collected.hindrance = error
            raise

    @contextmanager
    def _collecting(self) -> Iterator[list[ClientEvent]]:
        """Gather the callbacks that ibapi makes on this thread."""
        events: list[ClientEvent] = []
        self._collected.events = events
        try:
            yield events
        finally:
            del self._collected.events

    def _collect(self, event: ClientEvent) -> None:
        """Keep what a callback says; outside of our own calls nobody is there to hear it."""
        events: list[ClientEvent] | None = getattr(self._collected, "events", None)
        if events is not None:
            events.append(event)

    # What follows bears ibapi's names and takes all that it passes, for which it has no types.

    def sendMsg(self, *message: Any) -> None:  # noqa: ANN401, N802
        """Send text."""
        with self._remembering():
            super().sendMsg(*message)

    def sendMsgProtoBuf(self, *message: Any) -> None:  # noqa: ANN401, N802
        """Send protobuf."""
        with self._remembering():
            super().sendMsgProtoBuf(*message)

    def error(self, reqId: int, *args: Any) -> None:  # noqa: ANN401, N803
        """Normalise the signatures of 9.81 (code, text), 10.19 (…, json) and 10.33 (time, …)."""
        text = next(position for position, arg in enumerate(args) if isinstance(arg, str))
        self._collect(NoticeEvent(reqId, args[text - 1], clean_text(args[text]) or ""))

    def nextValidId(self, orderId: int) -> None:  # noqa: ARG002, N802, N803
        """Proof of life."""
        self._collect(ReadyEvent())

    def contractDetails(self, reqId: int, contractDetails: Any) -> None:  # noqa: ANN401, N802, N803
        """One contract."""
        self._collect(RowEvent(reqId, contractDetails))

    def contractDetailsEnd(self, reqId: int) -> None:  # noqa: N802, N803
        """The end marker."""
        self._collect(EndEvent(reqId))

    def marketRule(self, marketRuleId: int, priceIncrements: Any) -> None:  # noqa: ANN401, N802, N803
        """One tick ladder."""
        pairs = tuple((step.lowEdge, step.increment) for step in priceIncrements)
        self._collect(LadderEvent(marketRuleId, pairs))
