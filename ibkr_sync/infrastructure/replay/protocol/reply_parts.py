"""A reply as a plan: what is sent, what is waited for, when the line is dropped.

A plan is a list of steps that faults rewrite before it is carried out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from ibkr_sync.infrastructure.replay.protocol.wire import wire_frame


class ReplyPart(Enum):
    """What a message is to its reply."""

    NEXT_VALID_ID = auto()
    ROW = auto()
    END = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class ReplyMessage:
    """One message, sent as a frame together with the messages next to it."""

    payload: bytes
    part: ReplyPart = ReplyPart.OTHER


@dataclass(frozen=True, slots=True)
class ReplyBytes:
    """Bytes as they are, in a write of their own."""

    data: bytes


@dataclass(frozen=True, slots=True)
class ReplyWait:
    """Hold back the rest of this reply; other replies may pass. In seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class ReplyStall:
    """Send nothing at all for some seconds, be it in the middle of a frame."""

    seconds: float


@dataclass(frozen=True, slots=True)
class HangUpPart:
    """Close the connection, with a TCP reset if so asked."""

    reset: bool = False


Step = ReplyMessage | ReplyBytes | ReplyWait | ReplyStall | HangUpPart
Plan = list[Step]


def reply_in_few_writes(plan: Sequence[Step]) -> Plan:
    """Frame the messages and join neighbours into one write."""
    joined: Plan = []
    pending: list[bytes] = []
    for step in plan:
        if isinstance(step, ReplyMessage):
            pending.append(wire_frame(step.payload))
            continue
        if pending:
            joined.append(ReplyBytes(b"".join(pending)))
            pending = []
        joined.append(step)
    if pending:
        joined.append(ReplyBytes(b"".join(pending)))
    return joined
