"""The port that a vendor of futures products writes: it acquires, and stores nothing."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Iterable, Iterator
from typing import Protocol, TypeAlias, TypeVar

from ibkr_sync.domain.entities.futures import Future, Origin, ProductKey
from ibkr_sync.domain.entities.product_summary import ProductSummary
from ibkr_sync.domain.errors import IbkrSyncError
from ibkr_sync.domain.evidence.acquired_future import (
    AbsentFuture,
    AcquiredFuture,
    AcquiredLadders,
    RecognisedReply,
    RefusedReply,
)
from ibkr_sync.domain.evidence.recognition import RememberedProduct, ReplyStatement
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.runs.sync_policy import SyncPolicy

F_co = TypeVar("F_co", bound=Future, covariant=True)

Acquisition: TypeAlias = (
    tuple[
        FutureQuery,
        AcquiredFuture[F_co] | RecognisedReply | AbsentFuture | RefusedReply | IbkrSyncError,
    ]
    | AcquiredLadders
)
"""What came of a query; or tick ladders, in the end."""


class KnownFutures(Protocol):
    """What is stored, for a source that asks by it; every method raises StorageError."""

    @abstractmethod
    def get_by_symbol(self, query: FutureQuery) -> Future:
        """Give the stored product, with its chain; raises ProductLookupError."""

    @abstractmethod
    def find_named(self, words: Collection[str]) -> tuple[Future, ...]:
        """Give every product that one of the words names (see `StoredProducts`)."""

    @abstractmethod
    def list_products(self) -> tuple[ProductSummary, ...]:
        """Summarise what is stored, by symbol."""

    @abstractmethod
    def key_of(self, query: FutureQuery) -> ProductKey | None:
        """Give the one stored product that has contracts and that a query means, None if none."""

    @abstractmethod
    def recognised(self, query: FutureQuery, said: ReplyStatement) -> RememberedProduct | None:
        """Give the stored product that a query names in full, where a reply says nothing new of it.

        That is: what was stored last was a reply that said the same, nothing stored has changed
        since, and nothing about the product is open (see `evidence/recognition.py`).
        """

    @abstractmethod
    def due_market_rules(self) -> tuple[int, ...]:
        """Give the ids of the tick ladders to ask for, the most wanted first.

        They are of the products that this run has stored so far: none in a dry run.
        """


class FutureSource(Protocol[F_co]):
    """Where futures products of one asset type, or of all, are acquired.

    Attributes:
        name: what messages call it.
        origin: what its runs are recorded with.
    """

    name: str
    origin: Origin

    @abstractmethod
    def acquire(
        self, queries: Iterable[FutureQuery], policy: SyncPolicy, known: KnownFutures
    ) -> Iterator[Acquisition[F_co]]:
        """Yield each query with its complete, validated product as soon as that is there.

        Or with the ReplyError, ProductLookupError, GatewayError or SourceFileError that it
        fails with, the refused reply behind it where there is one, or the absence of a product
        that is stored. What it yields is stored
        before the next is asked of the iterator, but for recognised replies: a few of them are
        stored together, and all before anything else is. Raises what makes the source useless for
        all queries: before it returns if that can be, for then no run is opened.
        """
