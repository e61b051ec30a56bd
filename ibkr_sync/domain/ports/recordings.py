"""The ports to recordings, which hold what a gateway sent so that a replay gateway can answer."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Protocol, TypeAlias

from ibkr_sync.domain.entities.futures import ProductKey
from ibkr_sync.domain.entities.market_rules import MarketRule
from ibkr_sync.domain.evidence.acquired_future import Evidence

SentRow: TypeAlias = Mapping[str, str | tuple[tuple[str, str], ...]]
"""A contract row by IBKR's names in snake case: text as on the wire, "" where it was not sent."""


class SentRowReader(Protocol):
    """Reads what gateways send in protobuf."""

    @abstractmethod
    def row(self, frame: bytes) -> SentRow | None:
        """Give the contract row in a frame, None where it is none; ValueError where it breaks."""


class RecordingWriter(Protocol):
    """Takes in raw replies, oldest first, and writes them as one recording."""

    @abstractmethod
    def add(self, key: ProductKey, evidence: Evidence) -> int:
        """Take in a reply about a product, and give how many contracts it shows.

        Raises RawReplyError, and takes nothing in, where a row of it can't be recorded.
        """

    @abstractmethod
    def market_rule_ids(self) -> frozenset[int]:
        """Give the ids of the tick ladders that the replies so far name."""

    @abstractmethod
    def text(self, ladders: Sequence[MarketRule], *, is_sample: bool) -> str:
        """Write what was taken in, with these ladders."""
