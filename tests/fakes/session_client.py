"""A client of a replay gateway's session, without a socket between them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from fakes.tws_client import decode_error
from ibkr_sync.infrastructure.replay.protocol.dialect import Dialect
from ibkr_sync.infrastructure.replay.protocol.reply_parts import ReplyMessage, Step
from ibkr_sync.infrastructure.replay.protocol.text_dialect import text_dialect
from ibkr_sync.infrastructure.replay.protocol.wire import (
    fields_from_wire,
    wire_frame,
    wire_from_fields,
)
from ibkr_sync.infrastructure.replay.rows import ContractRow, MarketRuleRow
from ibkr_sync.infrastructure.replay.serving.backend import Backend
from ibkr_sync.infrastructure.replay.serving.interceptor import Interceptor
from ibkr_sync.infrastructure.replay.serving.matching import MatchableRows
from ibkr_sync.infrastructure.replay.serving.session import Session

NOW = datetime(2026, 1, 1, 14, 30, tzinfo=UTC)


class Client:
    """Talks to a session without a socket; time stands still unless told."""

    def __init__(self, backend: Backend) -> None:
        self.session = Session(1, backend)
        self.at = 100.0

    def send(self, data: bytes) -> list[Step]:
        return [step for plan in self.session.received(data, self.at) for step in plan]

    def say(self, *fields: str) -> list[Step]:
        return self.send(wire_frame(wire_from_fields(fields)))

    def start(self, client_id: str = "7") -> list[Step]:
        self.send(b"API\0" + wire_frame(b"v100..187"))
        return self.say("71", "2", client_id, "")


def backend_with(
    rows: Sequence[ContractRow] = (),
    *,
    server_version: int = 187,
    dialect_of: Callable[[int], Dialect] = text_dialect,
    interceptor: Interceptor | None = None,
) -> Backend:
    """The backend of a gateway that knows some rows and rule 67."""
    rule = MarketRuleRow(market_rule_id="67", increments=(("0", "0.25"),))
    return Backend(
        server_version=server_version,
        book=MatchableRows(rows),
        market_rules={rule.market_rule_id: rule},
        now=lambda: NOW,
        dialect_of=dialect_of,
        interceptor=interceptor or Interceptor(),
    )


def said(steps: Sequence[Step]) -> list[tuple[str, ...]]:
    """The messages among the steps, as fields."""
    return [fields_from_wire(step.payload) for step in steps if isinstance(step, ReplyMessage)]


def errors(steps: Sequence[Step]) -> list[tuple[int, int, str]]:
    """The errors among the steps."""
    return [decode_error(fields, 187) for fields in said(steps) if fields[0] == "4"]
