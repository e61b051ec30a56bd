"""What came of bringing a product up to date: an update, or a failure."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Generic, TypeVar

from ibkr_sync.domain.entities.futures import Future, Origin, ProductKey

if TYPE_CHECKING:
    from ibkr_sync.domain.errors import IbkrSyncError
    from ibkr_sync.domain.evidence.chain_diff import ChainDiff
    from ibkr_sync.domain.naming.query import FutureQuery

F_co = TypeVar("F_co", bound=Future, covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadFuture(Generic[F_co]):
    """A product that is stored, and of which nothing that anybody asks for so far needs its chain.

    Attributes:
        read: gives the product as it is stored when that is called; raises what
            `get_by_symbol` does.
    """

    key: ProductKey
    origin: Origin
    synced_at: datetime | None
    read: Callable[[], F_co] = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FutureUpdate(Generic[F_co]):
    """A product brought up to date, as it now stands in the database.

    Attributes:
        stored: the product; without its chain where nothing but hours may have changed.
        is_new: whether it was not stored before, under any name, not even without a chain.
        diff: None when it was answered from the database without asking the source.
        applied: False for a dry run.
        remarks: sentences for the user about a product that is right but not as was expected.
        disagreements: in how many values the catalogue differs from what was stored.
        left_out: why contracts of the reply could not be stored, in sentences, where that was not
            met before.
        is_recognised: whether the reply said what the one before it said, so that nothing but hours
            was looked at.
    """

    query: FutureQuery
    stored: F_co | UnreadFuture[F_co]
    is_new: bool
    diff: ChainDiff | None = None
    applied: bool = True
    remarks: tuple[str, ...] = ()
    disagreements: int = 0
    left_out: tuple[str, ...] = ()
    is_recognised: bool = False

    @property
    def product(self) -> F_co:
        """The product with its chain, read each time if it was not (see `as_read`)."""
        return self.stored.read() if isinstance(self.stored, UnreadFuture) else self.stored

    def as_read(self) -> FutureUpdate[F_co]:
        """The update with the chain of its product; raises StorageError."""
        return dataclasses.replace(self, stored=self.product)


@dataclass(frozen=True, slots=True, kw_only=True)
class FutureFailure:
    """A product that could not be brought up to date, with the reason.

    Attributes:
        diff: what was stored all the same, as its source no longer knows it, or would be if this
            were no dry run; None for nothing.
    """

    query: FutureQuery
    error: IbkrSyncError
    diff: ChainDiff | None = None
