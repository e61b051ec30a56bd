"""Faults in what a reply says: its rows, its end marker, and what comes between them."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.faults.base import Fault, Situation
from ibkr_sync.infrastructure.replay.protocol import notices
from ibkr_sync.infrastructure.replay.protocol.reply_parts import (
    HangUpPart,
    Plan,
    ReplyBytes,
    ReplyMessage,
    ReplyPart,
    Step,
)
from ibkr_sync.infrastructure.replay.rows import ContractRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(Fault):
    """Any error or notice before row k, `times` over.

    Attributes:
        text: "" takes TWS's text for the code.
        before_row: 0 precedes the reply; the number of rows, the end marker; None follows it.
        for_request: under the request's id; else under -1.
    """

    code: int
    text: str = ""
    before_row: int | None = 0
    for_request: bool = False
    times: int = 1

    def rewrite(self, plan: Plan, situation: Situation, /) -> Plan:
        """Insert the notice."""
        at = place_of_row(plan, self.before_row)
        notice = _error(situation, self.code, self.text, for_request=self.for_request)
        return [*plan[:at], *[notice] * self.times, *plan[at:]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorReply(Fault):
    """An error under the request's id instead of the reply; `text` as for `Notice`."""

    code: int
    text: str = ""

    def rewrite(self, _plan: Plan, situation: Situation, /) -> Plan:
        """Refuse the request."""
        return [_error(situation, self.code, self.text, for_request=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class RateRefused(Fault):
    """Error 100 under -1 instead of the reply: TWS dropped a message and doesn't say which.

    Attributes:
        times: how often it says so.
        closes: the connection closes then, as TWS does after the third breach.
    """

    times: int = 1
    closes: bool = False

    def rewrite(self, _plan: Plan, situation: Situation, /) -> Plan:
        """Refuse the message for its rate."""
        refusal = _error(situation, notices.PACING, "", for_request=False)
        end: Plan = [HangUpPart()] if self.closes else []
        return [*[refusal] * self.times, *end]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoEndMarker(Fault):
    """All rows, but never an end."""

    def rewrite(self, plan: Plan, _situation: Situation, /) -> Plan:
        """Leave the end marker out."""
        return [step for step in plan if not is_part(step, ReplyPart.END)]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndWithExtraField(Fault):
    """The end marker carries one field too many."""

    value: str = ""

    def rewrite(self, plan: Plan, situation: Situation, /) -> Plan:
        """Append the field to the end marker."""
        extend = situation.dialect.with_extra_field
        return [
            ReplyMessage(extend(step.payload, self.value), ReplyPart.END)
            if isinstance(step, ReplyMessage) and step.part is ReplyPart.END
            else step
            for step in plan
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndWithoutRequestId(Fault):
    """The end marker doesn't say whose reply it ends."""

    def rewrite(self, plan: Plan, situation: Situation, /) -> Plan:
        """Leave the request id out."""
        without = situation.dialect.without_req_id
        return [
            ReplyMessage(without(step.payload), ReplyPart.END)
            if isinstance(step, ReplyMessage) and step.part is ReplyPart.END
            else step
            for step in plan
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRows(Fault):
    """Only the first `count` rows, yet a regular end: a shorter chain; 0 makes it empty."""

    count: int

    def rewrite(self, plan: Plan, _situation: Situation, /) -> Plan:
        """Leave the other rows out."""
        rows = [index for index, step in enumerate(plan) if is_part(step, ReplyPart.ROW)]
        dropped = set(rows[self.count :])
        return [step for index, step in enumerate(plan) if index not in dropped]


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicatedRow(Fault):
    """Row k comes once more, right after itself; `ReplacedField` on k + 1 makes them differ."""

    row: int = 0

    def rewrite(self, plan: Plan, _situation: Situation, /) -> Plan:
        """Repeat the row."""
        return [
            copy
            for step, index in _with_row_numbers(plan)
            for copy in ([step, step] if index == self.row else [step])
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignRows(Fault):
    """Rows of other contracts under the request's id, before row k (as in `Notice`)."""

    rows: tuple[ContractRow, ...]
    before_row: int | None = 0

    def rewrite(self, plan: Plan, situation: Situation, /) -> Plan:
        """Mix the rows in."""
        encode = situation.dialect.contract_data
        at = place_of_row(plan, self.before_row)
        foreign = [ReplyMessage(encode(row, situation.req_id), ReplyPart.ROW) for row in self.rows]
        return [*plan[:at], *foreign, *plan[at:]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TruncatedRow(Fault):
    """Row k ends after its first `fields` fields, message id included; 0 is an empty frame."""

    row: int = 0
    fields: int

    def rewrite(self, plan: Plan, situation: Situation, /) -> Plan:
        """Cut the row short."""
        return [
            ReplyMessage(situation.dialect.truncated(step.payload, self.fields), ReplyPart.ROW)
            if isinstance(step, ReplyMessage) and index == self.row
            else step
            for step, index in _with_row_numbers(plan)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class CutRow(Fault):
    """Row k ends after its first `size` bytes, wherever that is."""

    row: int = 0
    size: int

    def rewrite(self, plan: Plan, _situation: Situation, /) -> Plan:
        """Cut the row short."""
        return [
            ReplyMessage(step.payload[: self.size], ReplyPart.ROW)
            if isinstance(step, ReplyMessage) and index == self.row
            else step
            for step, index in _with_row_numbers(plan)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class DroppedField(Fault):
    """Row k lacks a field, which in text messages is empty.

    Attributes:
        row: None is every row.
        field: `ContractRow`'s name or req_id; in protobuf also contract and contract_details.
    """

    row: int | None = 0
    field: str

    def rewrite(self, plan: Plan, situation: Situation, /) -> Plan:
        """Leave the field out."""
        return [
            ReplyMessage(situation.dialect.without_field(step.payload, self.field), ReplyPart.ROW)
            if isinstance(step, ReplyMessage) and index is not None and self.row in (None, index)
            else step
            for step, index in _with_row_numbers(plan)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplacedField(Fault):
    """Row k has another value in one field.

    Attributes:
        row: None is every row.
        field: `ContractRow`'s name, or the place among the wire's fields, message id 0.
        value: bytes go out as they are, text as UTF-8; nothing is escaped. Where protobuf
            wants a number, "" is none and what isn't one goes out as text.
    """

    row: int | None = 0
    field: str | int
    value: str | bytes

    def rewrite(self, plan: Plan, situation: Situation, /) -> Plan:
        """Replace the field."""
        value = self.value
        text = value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value
        return [
            ReplyMessage(
                situation.dialect.with_field(step.payload, self.field, text), ReplyPart.ROW
            )
            if isinstance(step, ReplyMessage) and index is not None and self.row in (None, index)
            else step
            for step, index in _with_row_numbers(plan)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class InsertedBytes(Fault):
    r"""Any bytes before row k (as in `Notice`).

    `wire.frame(payload)` makes a well-formed frame of an unknown message,
    b"\0\0\0\0" is a frame of no length, b"\xff\xff\xff\xff" one of absurd length.
    """

    data: bytes
    before_row: int | None = 0

    def rewrite(self, plan: Plan, _situation: Situation, /) -> Plan:
        """Insert the bytes."""
        at = place_of_row(plan, self.before_row)
        return [*plan[:at], ReplyBytes(self.data), *plan[at:]]


def is_part(step: Step, part: ReplyPart) -> bool:
    """Whether a step is a message that plays a part."""
    return isinstance(step, ReplyMessage) and step.part is part


def place_of_row(plan: Plan, row: int | None) -> int:
    """Where to insert before row k: 0 is the plan's beginning, None its end.

    A row behind the last one is the end marker.
    """
    if row is None:
        return len(plan)
    if row == 0:
        return 0
    rows = [index for index, step in enumerate(plan) if is_part(step, ReplyPart.ROW)]
    if row < len(rows):
        return rows[row]
    ends = [index for index, step in enumerate(plan) if is_part(step, ReplyPart.END)]
    return ends[0] if ends else len(plan)


def _with_row_numbers(plan: Plan) -> list[tuple[Step, int | None]]:
    numbered: list[tuple[Step, int | None]] = []
    row = 0
    for step in plan:
        if is_part(step, ReplyPart.ROW):
            numbered.append((step, row))
            row += 1
        else:
            numbered.append((step, None))
    return numbered


def _error(situation: Situation, code: int, text: str, *, for_request: bool) -> ReplyMessage:
    req_id = situation.req_id if for_request else -1
    said = text or notices.TEXTS.get(code, "")
    return ReplyMessage(situation.dialect.error(req_id, code, said, situation.now))
