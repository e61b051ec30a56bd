"""What happens between a gateway and its clients: everything is logged, paced and spoilt here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from threading import Lock
from typing import cast

from gateway.dialects import ScriptedDialect
from gateway.faults import Fault, FaultScript, Occasion, Situation
from gateway.pacing import BREACHES_TO_CLOSE, PacingWindow
from ibkr_sync.infrastructure.replay.protocol import notices
from ibkr_sync.infrastructure.replay.protocol.dialect import Dialect
from ibkr_sync.infrastructure.replay.protocol.reply_parts import (
    HangUpPart,
    Plan,
    ReplyMessage,
    ReplyWait,
)
from ibkr_sync.infrastructure.replay.protocol.requests import (
    ContractDataRequest,
    CurrentTimeRequest,
    MarketRuleRequest,
    Request,
    StartApiRequest,
)
from ibkr_sync.infrastructure.replay.protocol.wire import WireError
from ibkr_sync.infrastructure.replay.serving.interceptor import InterceptedFrame, Interceptor

_OCCASIONS: dict[type, Occasion] = {
    type(None): Occasion.HELLO,
    StartApiRequest: Occasion.START_API,
    ContractDataRequest: Occasion.CONTRACT_DATA,
    MarketRuleRequest: Occasion.MARKET_RULE,
    CurrentTimeRequest: Occasion.CURRENT_TIME,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientFrame:
    """A frame as a client sent it.

    Attributes:
        at: monotonic clock, seconds.
        connection: number of the connection, counted from 1.
        fields: the message id first, of protobuf only that, as sent, 200 higher than of text;
            ("API", "v157..200") for the hello; empty if undecodable.
        payload: the bytes after the length prefix.
        request: what the gateway understood; None for the hello.
    """

    at: float
    connection: int
    fields: tuple[str, ...]
    payload: bytes
    request: Request | None = None


class Script(Interceptor):
    """Logs every frame, refuses those above the limit, and lets faults rewrite the replies.

    Args:
        faults: deviations from what TWS would do.
        now: the gateway's clock.
        messages_per_second: limit over any sliding second; None doesn't limit.
        latency: seconds between each request and its reply.
    """

    def __init__(
        self,
        faults: Sequence[Fault] = (),
        *,
        now: Callable[[], datetime],
        messages_per_second: int | None = None,
        latency: float = 0.0,
    ) -> None:
        self._faults = FaultScript(faults)
        self._now = now
        self._limit = messages_per_second
        self._latency = latency
        self._lock = Lock()
        self._frames: list[ClientFrame] = []
        self._connections = 0
        self._windows = defaultdict[int, PacingWindow](partial(PacingWindow, messages_per_second))

    @property
    def connections(self) -> int:
        """How many connections there were so far."""
        with self._lock:
            return self._connections

    @property
    def frames(self) -> tuple[ClientFrame, ...]:
        """Every frame that clients sent so far, hellos included, in order of arrival."""
        with self._lock:
            return tuple(self._frames)

    def connected(self, _connection: int, dialect: Dialect, /) -> Plan:
        with self._lock:
            self._connections += 1
        return self._rewritten([], Occasion.ACCEPT, None, dialect)

    def received(self, received: InterceptedFrame, /) -> Plan | None:
        with self._lock:
            self._frames.append(_logged(received))
            window = self._windows[received.connection]
        if received.request is None or window.admits(received.at):
            return None
        code = notices.PACING
        text = f"{notices.TEXTS[code]}:max={self._limit} rec={window.rate} ({window.breaches})"
        plan: Plan = [ReplyMessage(received.dialect.error(-1, code, text, self._now()))]
        return [*plan, HangUpPart()] if window.breaches >= BREACHES_TO_CLOSE else plan

    def answering(self, plan: Plan, request: Request | None, dialect: Dialect, /) -> Plan:
        if occasion := _OCCASIONS.get(type(request)):
            plan = self._rewritten(plan, occasion, request, dialect)
        if plan and self._latency and not isinstance(request, StartApiRequest | None):
            return [ReplyWait(self._latency), *plan]
        return plan

    def _rewritten(
        self, plan: Plan, occasion: Occasion, request: Request | None, dialect: Dialect
    ) -> Plan:
        situation = Situation(
            occasion=occasion,
            dialect=cast("ScriptedDialect", dialect),
            now=self._now(),
            request=request,
        )
        return self._faults.rewrite(plan, situation)


def _logged(received: InterceptedFrame) -> ClientFrame:
    if received.request is None:
        fields: tuple[str, ...] = ("API", received.payload.decode("latin-1"))
    else:
        try:
            fields = cast("ScriptedDialect", received.dialect).fields(received.payload)
        except WireError:
            fields = ()
    return ClientFrame(
        at=received.at,
        connection=received.connection,
        fields=fields,
        payload=received.payload,
        request=received.request,
    )
