"""The seam at which a gateway's conversations can be watched and changed."""

from __future__ import annotations

from dataclasses import dataclass

from ibkr_sync.infrastructure.replay.protocol.dialect import Dialect
from ibkr_sync.infrastructure.replay.protocol.reply_parts import Plan
from ibkr_sync.infrastructure.replay.protocol.requests import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class InterceptedFrame:
    """A frame as it was understood.

    Attributes:
        connection: its number, counted from 1.
        at: monotonic clock, seconds.
        payload: the bytes after the length prefix.
        request: None for the hello.
    """

    connection: int
    at: float
    payload: bytes
    request: Request | None
    dialect: Dialect


class Interceptor:
    """Sees what comes in and goes out, in the connections' threads; this one changes nothing."""

    def connected(self, _connection: int, _dialect: Dialect, /) -> Plan:
        """Give what is sent before the client has said anything."""
        return []

    def received(self, _received: InterceptedFrame, /) -> Plan | None:
        """Take note of a frame; a plan is carried out instead of serving it."""
        return None

    def answering(self, plan: Plan, _request: Request | None, _dialect: Dialect, /) -> Plan:
        """Give the plan that is carried out instead; without a request it answers the hello."""
        return plan
