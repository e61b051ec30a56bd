"""What a complete reply of a gateway holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, overload

from ibkr_sync.domain.errors import InvalidReplyError
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_request import ContractRequest
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.frames.text_frames import RowText


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyRow:
    """One contract row: ibapi's `ContractDetails`, the text it loses, and the whole frame."""

    details: Any
    text: RowText
    frame: bytes


class SentRows(list[bytes]):
    """The frames of a reply's rows, of which nothing is known yet but that they belong to it.

    `weight` is the memory in bytes that the rows take once decoded, generously estimated.
    """

    weight = 0

    def add(self, frame: bytes, weight: int) -> None:
        """Append a row that weighs so much."""
        self.append(frame)
        self.weight += weight

    def discard(self) -> None:
        """Let go of all rows."""
        self.clear()
        self.weight = 0


class ContractReplyRows(Sequence[ReplyRow]):
    """The rows of a reply, all of them decoded as soon as any is looked at, or they are counted.

    Decoding takes most of the time of a reply, and one that says what the one before said is
    recognised by its frames alone, `sent`. Nothing else can be learnt of rows of which one can't
    be decoded: whatever asks raises InvalidReplyError.
    """

    def __init__(self, sent: SentRows, decode: Callable[[bytes], ReplyRow]) -> None:
        """Take the frames, and what decodes one or raises InvalidReplyError."""
        self.sent = sent
        self._decode = decode
        self._decoded: tuple[ReplyRow, ...] | None = None

    @overload
    def __getitem__(self, index: int) -> ReplyRow: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[ReplyRow]: ...
    def __getitem__(self, index: int | slice) -> ReplyRow | Sequence[ReplyRow]:
        return self._all()[index]

    def __len__(self) -> int:
        return len(self._all())

    @property
    def refusal(self) -> InvalidReplyError | None:
        """Why a row can't be decoded; None if all can."""
        try:
            self._all()
        except InvalidReplyError as error:
            return error
        return None

    def _all(self) -> tuple[ReplyRow, ...]:
        if self._decoded is None:
            self._decoded = tuple(map(self._decode, self.sent))
        return self._decoded


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractReply:
    """A complete reply: the end marker came, and if its rows are looked at, all can be decoded.

    `received_at` is UTC.
    """

    request: ContractRequest
    rows: ContractReplyRows
    end_frame: bytes
    received_at: datetime
    server_version: int
    client_version: str

    @property
    def frames(self) -> tuple[bytes, ...]:
        """All its payloads, the end marker last."""
        return (*self.rows.sent, self.end_frame)
