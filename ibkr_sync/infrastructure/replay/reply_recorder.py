"""Raw replies, text or protobuf, as a recording that a replay gateway answers from.

Nothing but contract rows and tick ladders gets into it: no request id, no account, no client.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

from ibkr_sync.domain.entities.futures import ProductKey
from ibkr_sync.domain.entities.market_rules import MarketRule
from ibkr_sync.domain.errors import RawReplyError, RecordingError
from ibkr_sync.domain.evidence.acquired_future import Evidence
from ibkr_sync.domain.ports.recordings import RecordingWriter, SentRowReader
from ibkr_sync.infrastructure.replay.protocol.contract_data import MESSAGE_ID, ContractDataLayout
from ibkr_sync.infrastructure.replay.protocol.dialect import NEWEST_TEXT_SERVER_VERSION
from ibkr_sync.infrastructure.replay.protocol.wire import fields_from_wire
from ibkr_sync.infrastructure.replay.recording import Recording, format_recording, parse_recording
from ibkr_sync.infrastructure.replay.rows import ContractRow, MarketRuleRow

_ID_BYTES = 4
_PROTOBUF_OFFSET = 200

_Rows = dict[tuple[str, str], tuple[ContractRow, ...]]
"""By conId and exchange, where a reply that contradicts itself has several rows that differ.

Of several replies the one that was sent last counts.
"""


class ReplyRecorder(RecordingWriter):
    """Takes in replies; `protobuf` reads the rows that did not come as text."""

    def __init__(self, protobuf: SentRowReader) -> None:
        self._protobuf = protobuf
        self._rows: _Rows = {}
        self._answers: _Rows = {}
        self._server_version = 0
        self._received_at: datetime | None = None

    def add(self, key: ProductKey, evidence: Evidence) -> int:
        version = evidence.server_version
        try:
            rows = _by_place(self._read(evidence.frames, version))
            answers = _by_place(self._read(evidence.answers, version))
            _refuse_unreadable((*_all(rows), *_all(answers)))
        except (ValueError, RecordingError) as error:
            raise RawReplyError(key, f"a row of it can't be recorded: {error}") from error
        self._rows |= rows
        self._answers |= answers
        self._server_version = max(self._server_version, min(version, NEWEST_TEXT_SERVER_VERSION))
        self._received_at = evidence.received_at
        return len({con_id for con_id, _ in (*rows, *answers)})

    def market_rule_ids(self) -> frozenset[int]:
        rows = (*_all(self._rows), *_all(self._answers))
        ids = (text for row in rows for text in row.market_rule_ids.split(","))
        return frozenset(int(text) for text in ids if text.isascii() and text.isdigit())

    def text(self, ladders: Sequence[MarketRule], *, is_sample: bool) -> str:
        shown = {con_id for con_id, _ in self._rows}
        answers = (row for row in _all(self._answers) if row.con_id not in shown)
        recording = Recording(
            contracts=tuple(_all(self._rows)),
            answers=tuple(answers),
            market_rules=tuple(map(_ladder_row, ladders)),
            sample=is_sample,
            recorded_at_server_version=self._server_version,
            received_at=self._received_at,
        )
        return format_recording(recording)

    def _read(self, frames: Iterable[bytes], server_version: int) -> Iterator[ContractRow]:
        layout = ContractDataLayout(server_version)
        for frame in frames:
            if server_version <= NEWEST_TEXT_SERVER_VERSION:
                fields = fields_from_wire(frame)
            elif (message_id := int.from_bytes(frame[:_ID_BYTES], "big")) > _PROTOBUF_OFFSET:
                values: Any = self._protobuf.row(frame)
                if values is not None:
                    yield ContractRow(**values)
                continue
            else:
                fields = (str(message_id), *fields_from_wire(frame[_ID_BYTES:]))
            if fields[:1] == (MESSAGE_ID,):
                yield layout.decode(fields)


def _by_place(rows: Iterable[ContractRow]) -> _Rows:
    found = defaultdict[tuple[str, str], dict[ContractRow, None]](dict)
    for row in rows:
        found[row.con_id, row.exchange][row] = None
    return {place: tuple(alike) for place, alike in found.items()}


def _all(rows: _Rows) -> Iterator[ContractRow]:
    return chain.from_iterable(rows.values())


def _refuse_unreadable(rows: tuple[ContractRow, ...]) -> None:
    """Raise RecordingError for what could be written and not be read again, as a NUL in a text."""
    parse_recording(format_recording(Recording(contracts=rows)), "it")


def _ladder_row(ladder: MarketRule) -> MarketRuleRow:
    steps = ((step.low_edge, step.increment) for step in ladder.increments)
    return MarketRuleRow(
        market_rule_id=str(ladder.market_rule_id),
        increments=tuple((f"{low_edge:f}", f"{increment:f}") for low_edge, increment in steps),
    )
