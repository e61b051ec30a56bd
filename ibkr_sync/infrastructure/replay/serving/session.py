"""One client's conversation with the gateway, from hello to goodbye, without any socket."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from enum import Enum, auto
from zoneinfo import ZoneInfo

from ibkr_sync.infrastructure.replay.protocol import notices
from ibkr_sync.infrastructure.replay.protocol.dialect import OLDEST_SERVER_VERSION
from ibkr_sync.infrastructure.replay.protocol.reply_parts import (
    HangUpPart,
    Plan,
    ReplyMessage,
    ReplyPart,
)
from ibkr_sync.infrastructure.replay.protocol.requests import (
    AccountRequest,
    ContractDataRequest,
    CurrentTimeRequest,
    MarketRuleRequest,
    OtherRequest,
    Request,
    StartApiRequest,
    UnreadableRequest,
)
from ibkr_sync.infrastructure.replay.protocol.wire import WireBuffer, WireError, wire_from_fields
from ibkr_sync.infrastructure.replay.serving.backend import Backend
from ibkr_sync.infrastructure.replay.serving.interceptor import InterceptedFrame
from ibkr_sync.infrastructure.replay.serving.matching import unmatchable_reason

_HELLO_PREFIX = b"API\0"
_CLIENT_VERSIONS = re.compile(rb"v(\d{1,6})(?:\.\.(\d{1,6}))?(?: .*)?", re.DOTALL)
_CONNECTION_TIME_ZONE = ZoneInfo("America/New_York")


class _State(Enum):
    """How far the conversation has come."""

    GREETING = auto()
    NEGOTIATING = auto()
    NEGOTIATED = auto()
    STARTED = auto()
    CLOSED = auto()
    UNREADABLE = auto()


class Session:
    """The protocol's state for one connection: bytes in, plans out."""

    def __init__(
        self, number: int, backend: Backend, is_connected: Callable[[], bool] = lambda: True
    ) -> None:
        self._number = number
        self._backend = backend
        self.is_connected = is_connected
        self._state = _State.GREETING
        self._hello = b""
        self._frames = WireBuffer()
        self._dialect = backend.dialect(backend.server_version)

    def accepted(self) -> Plan:
        """What is sent before the client has said anything: nothing, if not intercepted."""
        return self._backend.interceptor.connected(self._number, self._dialect)

    def received(self, data: bytes, at: float) -> Iterator[Plan]:
        """Take bytes that came at a monotonic time and give the plans they cause.

        What comes after a hang-up is still shown to the interceptor, unless it can't be cut
        into frames.
        """
        if self._state is _State.UNREADABLE:
            return
        try:
            if self._state is _State.GREETING:
                data = self._after_hello_prefix(data)
            for payload in self._frames.feed(data):
                if plan := self._handle(payload, at):
                    yield plan
        except WireError:
            self._state = _State.UNREADABLE
            yield [HangUpPart()]

    def ended(self) -> None:
        """The connection is gone: its client id is free again."""
        if self._state is not _State.UNREADABLE:
            self._state = _State.CLOSED
        self._backend.client_ids.release(self)

    def _after_hello_prefix(self, data: bytes) -> bytes:
        self._hello += data
        if not self._hello.startswith(_HELLO_PREFIX[: len(self._hello)]):
            raise WireError("the client doesn't begin with API")
        if len(self._hello) < len(_HELLO_PREFIX):
            return b""
        self._state = _State.NEGOTIATING
        return self._hello[len(_HELLO_PREFIX) :]

    def _handle(self, payload: bytes, at: float) -> Plan:
        is_hello = self._state is _State.NEGOTIATING
        request = None if is_hello else self._dialect.decode(payload)
        instead = self._backend.interceptor.received(
            InterceptedFrame(
                connection=self._number,
                at=at,
                payload=payload,
                request=request,
                dialect=self._dialect,
            )
        )
        if self._state is _State.CLOSED:
            return []
        if instead is not None:
            if HangUpPart() in instead:
                self._state = _State.CLOSED
            return instead
        return self._negotiate(payload) if request is None else self._answer(request)

    def _negotiate(self, versions: bytes) -> Plan:
        """Agree on min(client's newest, ours), as TWS does; without common ground hang up."""
        match = _CLIENT_VERSIONS.fullmatch(versions)
        oldest, newest = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        agreed = min(newest, self._backend.server_version)
        if not max(oldest, OLDEST_SERVER_VERSION) <= agreed:
            self._state = _State.CLOSED
            return [HangUpPart()]
        self._state = _State.NEGOTIATED
        self._dialect = self._backend.dialect(agreed)
        local = self._backend.now().astimezone(_CONNECTION_TIME_ZONE)
        connected_at = f"{local:%Y%m%d %H:%M:%S} {_CONNECTION_TIME_ZONE.key}"
        greeting = ReplyMessage(wire_from_fields((str(agreed), connected_at)))
        return self._intercepted([greeting])

    def _answer(self, request: Request) -> Plan:
        if isinstance(request, StartApiRequest):
            return self._start(request)
        if self._state is not _State.STARTED:
            return []  # TWS drops what comes before START_API
        return self._intercepted(self._reply(request), request)

    def _reply(self, request: Request) -> Plan:
        match request:
            case ContractDataRequest():
                return self._contract_data(request)
            case MarketRuleRequest():
                return self._market_rule(request)
            case CurrentTimeRequest():
                return [ReplyMessage(self._dialect.current_time(self._backend.now()))]
            case UnreadableRequest():
                text = f"{notices.TEXTS[notices.UNREADABLE]} {request.reason}"
                return [self._error(request.req_id, notices.UNREADABLE, text)]
            case OtherRequest():
                return [self._invalid(-1, "The API interface is currently in Read-Only mode.")]
            case AccountRequest():
                end = self._dialect.end_of_account_data(request)
            case _:
                end = None
        return [] if end is None else [ReplyMessage(end)]

    def _start(self, request: StartApiRequest) -> Plan:
        if self._state is _State.STARTED:
            return []
        if not self._backend.client_ids.claim(request.client_id, self):
            code = notices.CLIENT_ID_IN_USE
            return [self._error(-1, code, notices.TEXTS[code]), self._hang_up()]
        self._state = _State.STARTED
        return self._intercepted(
            notices.plan_start_notices(self._dialect, self._backend.now()), request
        )

    def _contract_data(self, request: ContractDataRequest) -> Plan:
        if reason := unmatchable_reason(request):
            return [self._invalid(request.req_id, reason)]
        rows = self._backend.book.answer(request, self._backend.now())
        if not rows:
            code = notices.NOT_FOUND
            return [self._error(request.req_id, code, notices.TEXTS[code])]
        encode = self._dialect.contract_data
        plan: Plan = [ReplyMessage(encode(row, request.req_id), ReplyPart.ROW) for row in rows]
        plan.append(ReplyMessage(self._dialect.contract_data_end(request.req_id), ReplyPart.END))
        return plan

    def _market_rule(self, request: MarketRuleRequest) -> Plan:
        rule = self._backend.market_rules.get(request.market_rule_id)
        if rule is None:
            return [self._invalid(-1, f"Unknown market rule {request.market_rule_id}")]
        return [ReplyMessage(self._dialect.market_rule(rule))]

    def _invalid(self, req_id: int, reason: str) -> ReplyMessage:
        text = f"{notices.TEXTS[notices.INVALID]} cause - {reason}"
        return self._error(req_id, notices.INVALID, text)

    def _error(self, req_id: int, code: int, text: str) -> ReplyMessage:
        return ReplyMessage(self._dialect.error(req_id, code, text, self._backend.now()))

    def _hang_up(self) -> HangUpPart:
        self._state = _State.CLOSED
        return HangUpPart()

    def _intercepted(self, plan: Plan, request: Request | None = None) -> Plan:
        return self._backend.interceptor.answering(plan, request, self._dialect)
