"""What a complete reply of a gateway holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_request import ContractRequest
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.frames.text_frames import RowText


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyRow:
    """One contract row: ibapi's `ContractDetails`, the text it loses, and the whole frame."""

    details: Any
    text: RowText
    frame: bytes


class ContractReplyRows(list[ReplyRow]):
    """The rows of a reply; `weight` is the memory in bytes that they take, generously estimated."""

    weight = 0

    def add(self, row: ReplyRow, weight: int) -> None:
        """Append a row that weighs so much."""
        self.append(row)
        self.weight += weight

    def discard(self) -> None:
        """Let go of all rows."""
        self.clear()
        self.weight = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractReply:
    """A complete reply: the end marker came, and every frame for it was decoded.

    `received_at` is UTC.
    """

    request: ContractRequest
    rows: Sequence[ReplyRow]
    end_frame: bytes
    received_at: datetime
    server_version: int
    client_version: str

    @property
    def frames(self) -> tuple[bytes, ...]:
        """All its payloads, the end marker last."""
        return (*(row.frame for row in self.rows), self.end_frame)
