"""The values that pass through the port: what is asked, what was acquired, what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, TypeVar

from ibkr_sync.domain.entities.futures import AssetClass, Future, Origin, ProductKey

if TYPE_CHECKING:
    from ibkr_sync.domain.errors import IbkrSyncError
    from ibkr_sync.domain.evidence.chain_diff import ChainDiff

F_co = TypeVar("F_co", bound=Future, covariant=True)


class RunKind(StrEnum):
    """What a run was for.

    REFRESH is of the watchlist, a group of it, or all that is stored; NAMED_REFRESH of products
    that somebody named.
    """

    GET = "get"
    REFRESH = "refresh"
    NAMED_REFRESH = "named_refresh"
    RENORMALISE = "renormalise"


@dataclass(frozen=True, slots=True, kw_only=True)
class FutureQuery:
    """Which product is meant; what is None does not narrow the choice.

    With a `con_id` it is the product whose chain holds this contract, and the symbol only says
    what was typed.
    """

    symbol: str
    exchange: str | None = None
    currency: str | None = None
    trading_class: str | None = None
    con_id: int | None = None

    def matches(self, future: Future) -> bool:
        """Whether the product is one of those meant."""
        if self.con_id is None:
            is_meant = future.symbol == self.symbol
        else:
            is_meant = any(each.con_id == self.con_id for each in future.contracts)
        return (
            is_meant
            and self.exchange in (None, future.exchange)
            and self.currency in (None, future.currency)
            and self.trading_class in (None, future.trading_class)
        )

    def may_mean(self, key: ProductKey) -> bool:
        """Whether this is the product of that key, as far as names tell; no for a conId."""
        return (
            self.con_id is None
            and self.symbol == key.symbol
            and self.exchange in (None, key.exchange)
            and self.trading_class in (None, key.trading_class)
        )

    def __str__(self) -> str:
        text = f"{self.symbol}@{self.exchange}" if self.exchange else self.symbol
        return f"{text} ({self.trading_class})" if self.trading_class else text


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncPolicy:
    """How a product is brought up to date.

    Attributes:
        include_expired: ask for expired contracts too.
        max_age: what was synced within this time is answered from the database.
        allow_shrink: accept a reply that lacks many contracts that are stored.
        dry_run: plan and show, write nothing.
        deadline: how long the run may take, in which what fails for a reason that passes is
            asked again and again; None for the source's own limit and `tries`.
        tries: how often a product is asked for in all while it fails for a reason that passes.
        kind: what the run is recorded as.
    """

    include_expired: bool = False
    max_age: timedelta | None = None
    allow_shrink: bool = False
    dry_run: bool = False
    deadline: timedelta | None = None
    tries: int = 1
    kind: RunKind = RunKind.GET


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
    """A complete, validated product on its way to the local repository."""

    product: F_co
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FutureUpdate(Generic[F_co]):
    """A product brought up to date, as it now stands in the database.

    Attributes:
        is_new: whether it was not stored before, under any name, not even without a chain.
        diff: None when it was answered from the database without asking the source.
        applied: False for a dry run.
        remarks: sentences for the user about a product that is right but not as was expected.
    """

    query: FutureQuery
    product: F_co
    is_new: bool
    diff: ChainDiff | None = None
    applied: bool = True
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FutureFailure:
    """A product that could not be brought up to date, with the reason; nothing was stored."""

    query: FutureQuery
    error: IbkrSyncError


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncRun:
    """A run that brings products up to date; `run_id` orders runs of one database."""

    run_id: int
    origin: Origin
    started_at: datetime
    kind: RunKind = RunKind.GET


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductSummary:
    """A stored product without its chain.

    `listed` and `next_expiry` are of the usual series: weekly and daily contracts don't count
    where there are monthly ones.
    """

    key: ProductKey
    asset_class: AssetClass
    category: str | None
    currency: str
    name: str | None
    origin: Origin
    listed: int
    next_expiry: date | None
    synced_at: datetime | None

    def is_meant_by(self, query: FutureQuery) -> bool:
        """Whether the product is one of those meant; a conId tells nothing without the chain."""
        return (
            query.con_id is None
            and self.key.symbol == query.symbol
            and query.exchange in (None, self.key.exchange)
            and query.currency in (None, self.currency)
            and query.trading_class in (None, self.key.trading_class)
        )
