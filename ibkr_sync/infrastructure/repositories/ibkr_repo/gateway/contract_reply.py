"""What is asked of a gateway and what a complete reply holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.frames.text_frames import RowText


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractRequest:
    """A request for the contract details of all futures of a symbol; "" is any exchange.

    With a `con_id` it is for this one contract, whatever its symbol, to learn its product.
    Never narrowed by trading class or currency: the reply must be complete for each product
    in it, weekly series of another class included, and `currency` makes TWS drop products
    that trade in USD outside the US.
    """

    symbol: str = ""
    exchange: str = ""
    include_expired: bool = False
    con_id: int | None = None

    def __str__(self) -> str:
        if self.con_id is not None:
            return f"conId {self.con_id}"
        return f"{self.symbol}@{self.exchange}" if self.exchange else self.symbol


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedRow:
    """One contract row: ibapi's `ContractDetails`, the text it loses, and the whole frame."""

    details: Any
    text: RowText
    frame: bytes


class ReceivedRows(list[ReceivedRow]):
    """The rows of a reply; `weight` is the memory in bytes that they take, generously estimated."""

    weight = 0

    def add(self, row: ReceivedRow, weight: int) -> None:
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
    rows: Sequence[ReceivedRow]
    end_frame: bytes
    received_at: datetime
    server_version: int
    client_version: str

    @property
    def frames(self) -> tuple[bytes, ...]:
        """All its payloads, the end marker last."""
        return (*(row.frame for row in self.rows), self.end_frame)


@dataclass(frozen=True, slots=True)
class Ladder:
    """`marketRule`: a tick ladder as (low edge, increment) pairs."""

    market_rule_id: int
    increments: tuple[tuple[float, float], ...]
