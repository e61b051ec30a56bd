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
from dataclasses import dataclass
from typing import Any

import ibapi
from ibapi.client import EClient
from ibapi.contract import Contract
from ibapi.decoder import Decoder
from ibapi.server_versions import MAX_CLIENT_VER
from ibapi.wrapper import EWrapper

from ibkr_sync.infrastructure.repositories.ibkr_repo.connection import GatewayConnection
from ibkr_sync.infrastructure.repositories.ibkr_repo.frames import MalformedFrameError, message_id
from ibkr_sync.infrastructure.repositories.ibkr_repo.replies import ContractRequest

IBAPI_VERSION: str = ibapi.get_version_string()
"""The version of the installed ibapi."""

MAX_TEXT_VERSION = 200
"""From server version 201 on messages are no longer plain text."""

CLIENT_VERSIONS = (100, min(MAX_CLIENT_VER, MAX_TEXT_VERSION))
"""The protocol versions that we announce: what the installed ibapi decodes as text."""

_DECODER_TAKES_MESSAGE_ID = "msgId" in inspect.signature(Decoder.interpret).parameters


@dataclass(frozen=True, slots=True)
class Ready:
    """`nextValidId`: the gateway takes requests now."""


@dataclass(frozen=True, slots=True)
class Row:
    """`contractDetails`: one contract of a reply."""

    request_id: int
    details: Any


@dataclass(frozen=True, slots=True)
class End:
    """`contractDetailsEnd`: the reply is complete."""

    request_id: int


@dataclass(frozen=True, slots=True)
class Ladder:
    """`marketRule`: a tick ladder as (low edge, increment) pairs."""

    market_rule_id: int
    increments: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class ServerTime:
    """`currentTime`: seconds since the epoch, UTC."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Notice:
    """`error`: an error, a warning or a status; request id -1 names no request."""

    request_id: int
    code: int
    text: str


Event = Ready | Row | End | Ladder | ServerTime | Notice


class ReadOnlyClient(EWrapper, EClient):  # type: ignore[misc]  # ibapi has no type information
    """Encodes requests to, and decodes frames from, one connected gateway."""

    def __init__(self, connection: GatewayConnection, client_id: int, server_version: int) -> None:
        EClient.__init__(self, self)
        self._collected = threading.local()
        self.conn = connection
        self.clientId = client_id
        self.serverVersion_ = server_version
        self.optCapab = ""
        self.decoder = Decoder(self, server_version)
        self.setConnState(EClient.CONNECTED)

    def decode_fields(self, fields: tuple[bytes, ...]) -> Event:
        """Decode one text message; raises MalformedFrameError whatever ibapi stumbles over."""
        with self._collecting() as events:
            try:
                if _DECODER_TAKES_MESSAGE_ID:
                    self.decoder.interpret(fields[1:], message_id(fields))
                else:
                    self.decoder.interpret(fields)
            except Exception as error:  # ibapi raises anything, TypeError included
                raise MalformedFrameError(f"ibapi can't decode it: {error!r}") from error
        if not events:
            raise MalformedFrameError(f"ibapi dropped it ({len(fields)} fields)")
        return events[0]

    def send_contract_request(self, request_id: int, request: ContractRequest) -> None:
        """Ask for contract details; raises MalformedFrameError when ibapi refuses to encode it."""
        # A fresh Contract each time: echoing a decoded one leaks its fields into the request.
        contract = Contract()
        contract.secType = "FUT"
        contract.symbol = request.symbol
        contract.exchange = request.exchange
        contract.includeExpired = request.include_expired
        with self._collecting() as events:
            self.reqContractDetails(request_id, contract)
        _refuse_complaints(events)

    def send_market_rule_request(self, market_rule_id: int) -> None:
        """Ask for a tick ladder; raises MalformedFrameError when ibapi refuses to encode it."""
        with self._collecting() as events:
            self.reqMarketRule(market_rule_id)
        _refuse_complaints(events)

    def send_time_request(self) -> None:
        """Ask for the gateway's clock; raises MalformedFrameError as the others do."""
        with self._collecting() as events:
            self.reqCurrentTime()
        _refuse_complaints(events)

    @contextmanager
    def _collecting(self) -> Iterator[list[Event]]:
        """Gather the callbacks that ibapi makes on this thread."""
        events: list[Event] = []
        self._collected.events = events
        yield events

    # What follows bears ibapi's names, and takes what it has no types for.

    def error(self, reqId: int, *args: Any) -> None:  # noqa: ANN401, N803
        """Normalise the signatures of 9.81 (code, text), 10.19 (…, json) and 10.33 (time, …)."""
        text = next(position for position, each in enumerate(args) if isinstance(each, str))
        self._collected.events.append(Notice(reqId, args[text - 1], args[text]))

    def nextValidId(self, orderId: int) -> None:  # noqa: ARG002, N802, N803
        """Proof of life."""
        self._collected.events.append(Ready())

    def contractDetails(self, reqId: int, contractDetails: Any) -> None:  # noqa: ANN401, N802, N803
        """One contract."""
        self._collected.events.append(Row(reqId, contractDetails))

    def contractDetailsEnd(self, reqId: int) -> None:  # noqa: N802, N803
        """The end marker."""
        self._collected.events.append(End(reqId))

    def marketRule(self, marketRuleId: int, priceIncrements: Any) -> None:  # noqa: ANN401, N802, N803
        """One tick ladder."""
        pairs = tuple((each.lowEdge, each.increment) for each in priceIncrements)
        self._collected.events.append(Ladder(marketRuleId, pairs))

    def currentTime(self, time: int) -> None:  # noqa: N802
        """The gateway's clock."""
        self._collected.events.append(ServerTime(time))


def _refuse_complaints(events: list[Event]) -> None:
    for event in events:
        if isinstance(event, Notice):
            raise MalformedFrameError(f"{event.code}: {event.text}")
