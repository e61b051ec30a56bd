"""Faults between the connection and the first request."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.faults.base import Fault, Occasion, Situation
from ibkr_sync.infrastructure.replay.protocol import notices
from ibkr_sync.infrastructure.replay.protocol.reply_parts import (
    HangUpPart,
    Plan,
    ReplyMessage,
    ReplyPart,
)
from ibkr_sync.infrastructure.replay.protocol.requests import StartApiRequest
from ibkr_sync.infrastructure.replay.protocol.wire import wire_from_fields


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerVersionText(Fault):
    """The handshake names `text` as the server version, be it "abc", "60", "99999" or "-1"."""

    occasion: Occasion | None = Occasion.HELLO
    text: str

    def rewrite(self, _plan: Plan, situation: Situation, /) -> Plan:
        """Replace the handshake, without its usual connection time."""
        connected_at = f"{situation.now:%Y%m%d %H:%M:%S} UTC"
        return [ReplyMessage(wire_from_fields((self.text, connected_at)))]


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyStart(Fault):
    """Handshake, next valid id, accounts and notices come in one segment, before START_API.

    `skip` and `first` count hellos and starts together.
    """

    occasion: Occasion | None = None

    def concerns(self, situation: Situation) -> bool:
        """Both occasions: what comes early isn't repeated later."""
        return situation.occasion in (Occasion.HELLO, Occasion.START_API)

    def rewrite(self, plan: Plan, situation: Situation, /) -> Plan:
        """Move what answers START_API behind the handshake."""
        if situation.occasion is Occasion.START_API:
            return []
        early = notices.plan_start_notices(situation.dialect, situation.now)
        return [*plan, *early]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoNextValidId(Fault):
    """START_API is answered by accounts and notices only."""

    occasion: Occasion | None = Occasion.START_API

    def rewrite(self, plan: Plan, _situation: Situation, /) -> Plan:
        """Leave the next valid id out."""
        return [
            step
            for step in plan
            if not (isinstance(step, ReplyMessage) and step.part is ReplyPart.NEXT_VALID_ID)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientIdInUse(Fault):
    """Error 326 and a closed connection for some client ids; None refuses all of them."""

    occasion: Occasion | None = Occasion.START_API
    client_ids: frozenset[int] | None = None

    def concerns(self, situation: Situation) -> bool:
        """Only clients that come with one of the ids."""
        return (
            isinstance(situation.request, StartApiRequest)
            and situation.occasion is Occasion.START_API
            and (self.client_ids is None or situation.request.client_id in self.client_ids)
        )

    def rewrite(self, _plan: Plan, situation: Situation, /) -> Plan:
        """Refuse the client."""
        code = notices.CLIENT_ID_IN_USE
        text = notices.TEXTS[code]
        return [ReplyMessage(situation.dialect.error(-1, code, text, situation.now)), HangUpPart()]


@dataclass(frozen=True, slots=True, kw_only=True)
class PortReset(Fault):
    """Notice 1300 naming a new port, then a closed connection, instead of a reply."""

    occasion: Occasion | None = Occasion.START_API
    new_port: int

    def rewrite(self, _plan: Plan, situation: Situation, /) -> Plan:
        """Send the client to the new port."""
        code = notices.PORT_RESET
        text = f"{notices.TEXTS[code]} Please reconnect on the new port - {self.new_port}"
        return [ReplyMessage(situation.dialect.error(-1, code, text, situation.now)), HangUpPart()]
