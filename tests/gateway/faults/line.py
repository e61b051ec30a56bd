"""Faults of the line: silence, delay, fragments, dropped connections."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import ClassVar

from gateway.faults.base import Fault, Occasion, Situation
from gateway.faults.contents import is_part, place_of_row
from ibkr_sync.infrastructure.replay.protocol import notices
from ibkr_sync.infrastructure.replay.protocol.reply_parts import (
    HangUpPart,
    Plan,
    ReplyBytes,
    ReplyMessage,
    ReplyPart,
    ReplyStall,
    ReplyWait,
    Step,
    reply_in_few_writes,
)
from ibkr_sync.infrastructure.replay.protocol.wire import wire_frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence(Fault):
    """Nothing is sent; at HELLO, the unanswered question whether to accept the client."""

    def rewrite(self, _plan: Plan, _situation: Situation, /) -> Plan:
        """Say nothing."""
        return []


@dataclass(frozen=True, slots=True, kw_only=True)
class RawReply(Fault):
    """Any bytes instead of the reply, by default of the handshake; the line stays open."""

    occasion: Occasion | None = Occasion.HELLO
    data: bytes

    def rewrite(self, _plan: Plan, _situation: Situation, /) -> Plan:
        """Send the bytes."""
        return [ReplyBytes(self.data)]


@dataclass(frozen=True, slots=True, kw_only=True)
class HangUpAfterRows(Fault):
    """The connection closes, or is reset, once `rows` rows are out; 0 is instead of a reply.

    With as many rows as the reply has, only the end marker is lost. At ACCEPT, HELLO or
    START_API there are no rows: leave it 0.
    """

    rows: int = 0
    reset: bool = False

    def rewrite(self, plan: Plan, _situation: Situation, /) -> Plan:
        """Cut the plan short."""
        if self.rows == 0:
            return [HangUpPart(self.reset)]
        return [*plan[: place_of_row(plan, self.rows)], HangUpPart(self.reset)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Late(Fault):
    """The reply starts some seconds later; replies to later requests overtake it."""

    seconds: float

    def rewrite(self, plan: Plan, _situation: Situation, /) -> Plan:
        """Wait before the plan."""
        return [ReplyWait(self.seconds), *plan]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drip(Fault):
    """One row every so many seconds, and the rows `rounds` times over before the end."""

    seconds: float
    rounds: int = 1

    def rewrite(self, plan: Plan, _situation: Situation, /) -> Plan:
        """Wait before each row."""
        rows: Plan = [step for step in plan if is_part(step, ReplyPart.ROW)]
        rest = [step for step in plan if not is_part(step, ReplyPart.ROW)]
        dripping: Plan = [step for row in rows for step in (ReplyWait(self.seconds), row)]
        return [*dripping * self.rounds, *rest]


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseAfterRows(Fault):
    """The whole line falls silent for some seconds once `rows` rows are out."""

    rows: int
    seconds: float

    def rewrite(self, plan: Plan, _situation: Situation, /) -> Plan:
        """Stall before the next row."""
        at = place_of_row(plan, self.rows)
        return [*plan[:at], ReplyStall(self.seconds), *plan[at:]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PaddedReply(Fault):
    """A notice first, just long enough to make the reply's bytes a multiple of `multiple`."""

    multiple: int = 4096

    def rewrite(self, plan: Plan, situation: Situation, /) -> Plan:
        """Put the filling notice first."""
        code = notices.AT_START[0]
        size = sum(map(_size, plan))
        missing = -(size + _size(self._filled(situation, code, 1))) % self.multiple
        # In protobuf a long text may lengthen its own length too, by up to two bytes.
        fillings = (self._filled(situation, code, length) for length in count(max(1, missing - 1)))
        return [
            next(filling for filling in fillings if not (size + _size(filling)) % self.multiple),
            *plan,
        ]

    @staticmethod
    def _filled(situation: Situation, code: int, length: int) -> ReplyMessage:
        text = notices.TEXTS[code].ljust(length, ".")[:length]
        return ReplyMessage(situation.dialect.error(-1, code, text, situation.now))


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseAfterBytes(Fault):
    """The whole line falls silent after so many bytes of the reply, mid-frame or not.

    At HELLO it splits the handshake in two.
    """

    works_on_bytes: ClassVar[bool] = True

    count: int
    seconds: float

    def rewrite(self, plan: Plan, _situation: Situation, /) -> Plan:
        """Stall at that byte."""
        paused: Plan = []
        left = self.count
        for step in reply_in_few_writes(plan):
            if isinstance(step, ReplyBytes) and 0 <= left < len(step.data):
                paused += [
                    ReplyBytes(step.data[:left]),
                    ReplyStall(self.seconds),
                    ReplyBytes(step.data[left:]),
                ]
            else:
                paused.append(step)
            left -= _size(step)
        return paused


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunked(Fault):
    """Everything the gateway says leaves in writes of `size` bytes, `gap` seconds apart."""

    works_on_bytes: ClassVar[bool] = True

    occasion: Occasion | None = None
    size: int
    gap: float = 0.0

    def rewrite(self, plan: Plan, _situation: Situation, /) -> Plan:
        """Cut the bytes up."""
        chunked: Plan = []
        for step in reply_in_few_writes(plan):
            if not isinstance(step, ReplyBytes):
                chunked.append(step)
                continue
            for at in range(0, len(step.data), self.size):
                chunked.append(ReplyBytes(step.data[at : at + self.size]))
                if self.gap:
                    chunked.append(ReplyStall(self.gap))
        return chunked


def _size(step: Step) -> int:
    if isinstance(step, ReplyMessage):
        return len(wire_frame(step.payload))
    return len(step.data) if isinstance(step, ReplyBytes) else 0
