"""A product as a source gave it, with the reply behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.entities.market_rules import MarketRule

F_co = TypeVar("F_co", bound=Future, covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The raw reply behind a product, kept so that a better parser can read it again.

    `frames` are the payloads as received, without length prefix, in order of arrival.
    """

    received_at: datetime
    server_version: int
    client_version: str
    frames: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AcquiredFuture(Generic[F_co]):
    """A complete, validated product on its way to the local repository.

    `remarks` are sentences for the user (see `FutureUpdate`).
    """

    product: F_co
    evidence: Evidence | None = None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TickLadders:
    """The tick ladders that a source could get of those that were due."""

    rules: tuple[MarketRule, ...]
