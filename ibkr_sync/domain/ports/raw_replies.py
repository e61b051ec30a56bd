"""The ports to the raw replies that are kept, and to what reads them again."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from ibkr_sync.domain.entities.futures import Future, ProductKey
from ibkr_sync.domain.evidence.acquired_future import Evidence
from ibkr_sync.domain.evidence.product_update import ProductUpdate
from ibkr_sync.domain.hours.hours_by_day import DayHours
from ibkr_sync.domain.runs.future_update import FutureFailure
from ibkr_sync.domain.runs.sync_policy import SyncRun


@dataclass(frozen=True, slots=True, kw_only=True)
class RawReplyUsage:
    """How many raw replies, of how many products, take how many bytes (compressed).

    Those that were refused are among them, of products that are stored or not.

    `oldest` is the UTC instant at which the oldest was received; None where there are none.
    """

    replies: int = 0
    products: int = 0
    size: int = 0
    oldest: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptReply:
    """A raw reply in the database, by its number.

    Attributes:
        follows_gap: whether a reply for the product that was stored before it, and after the one
            that is kept before it, is no longer kept.
        is_refused: whether it could not be used, and is kept only for whoever looks into it.
    """

    number: int
    received_at: datetime
    follows_gap: bool = False
    is_refused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptReplies:
    """A product as it is stored, and the replies of it that are kept.

    Attributes:
        replies: oldest first; at least one.
        hours: what is kept of the product's hours by day.
    """

    product: Future
    replies: tuple[KeptReply, ...]
    hours: Mapping[date, DayHours] = field(default_factory=dict)


class RawReplyPort(Protocol):
    """The raw replies in the database; every method raises StorageError."""

    @abstractmethod
    def products(self) -> tuple[ProductKey, ...]:
        """Give the products whose present came from a raw reply that is kept, by key."""

    @abstractmethod
    def kept(self, key: ProductKey) -> KeptReplies:
        """Give a product as it is stored, and which replies of it are kept.

        Raises RawReplyError when none is kept, or the present came from elsewhere.
        """

    @abstractmethod
    def evidence(self, key: ProductKey, reply: KeptReply) -> Evidence:
        """Give a reply that is kept; raises RawReplyError for one that is damaged, or gone."""

    @abstractmethod
    def of_run(self, run_id: int) -> tuple[tuple[ProductKey, KeptReply], ...]:
        """Give the replies that a run kept, each with the product that it is of.

        First those that were used, oldest first, then those that were refused, which no other
        method gives. A product that is not stored has the names that it was asked for by, each
        empty that was not given.
        """

    @abstractmethod
    def run(self) -> AbstractContextManager[SyncRun]:
        """Open a run that reads raw replies again; raises AlreadyRunningError at once."""

    @abstractmethod
    def rewrite(
        self, key: ProductKey, reread: Future, hours: Mapping[date, DayHours], run: SyncRun
    ) -> ProductUpdate[Future]:
        """Store in one transaction what replies say when they are read again, with its history.

        `hours` are the days of which they say otherwise than what is kept.

        Raises RawReplyError, InvalidReplyError or StorageError; then nothing was stored.
        """

    @abstractmethod
    def record_failure(self, failure: FutureFailure, run: SyncRun) -> None:
        """Record why the replies of a product could not be read again."""

    @abstractmethod
    def usage(self) -> RawReplyUsage:
        """Give what all raw replies take."""

    @abstractmethod
    def prunable(self, before: datetime) -> RawReplyUsage:
        """Give what raw replies `prune` would delete."""

    @abstractmethod
    def prune(self, before: datetime) -> RawReplyUsage:
        """Delete raw replies received before an aware instant, but for each product's newest.

        Of those that were refused none stays. Raises AlreadyRunningError at once while a run is
        open.
        """

    @abstractmethod
    def database_size(self) -> int:
        """Give how many bytes the whole database takes; 0 before the first write."""

    @abstractmethod
    def compact(self) -> None:
        """Give the space of what was deleted back to the file system, where that is our task."""


class RawReplyReader(Protocol):
    """Reads raw replies as if they had just arrived."""

    @abstractmethod
    def read(self, stored: Future, evidence: Evidence, known: Future | None) -> Future:
        """Give the product that a reply says something of, as of the instant it was received.

        `stored` is the product as it is stored today, perhaps under another name, `known` what was
        known of it before the reply; None for nothing.

        Raises RawReplyError when it can't be decoded any more, or is not about this product.
        """
