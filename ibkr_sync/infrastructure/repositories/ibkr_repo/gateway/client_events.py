"""What the client makes of a gateway's messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class LadderEvent:
    """`marketRule`: a tick ladder as (low edge, increment) pairs."""

    market_rule_id: int
    increments: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class ReadyEvent:
    """`nextValidId`: the gateway takes requests now."""


@dataclass(frozen=True, slots=True)
class RowEvent:
    """`contractDetails`: one contract of a reply."""

    request_id: int
    details: Any


@dataclass(frozen=True, slots=True)
class EndEvent:
    """`contractDetailsEnd`: the reply is complete."""

    request_id: int


@dataclass(frozen=True, slots=True)
class NoticeEvent:
    """`error`: an error, a warning or a status; request id -1 names no request."""

    request_id: int
    code: int
    text: str


ClientEvent = ReadyEvent | RowEvent | EndEvent | LadderEvent | NoticeEvent
