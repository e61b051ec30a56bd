"""Recognised replies as they are stored: several products in one transaction.

Nearly all of a night is recognised, and a transaction of its own for each product costs more than
the few rows in it. Nothing else is grouped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, TypeVar

from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.errors import GatewayError, IbkrSyncError
from ibkr_sync.domain.evidence.acquired_future import (
    AbsentFuture,
    AcquiredFuture,
    AcquiredLadders,
    RecognisedReply,
    RefusedReply,
)
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.ports.future_source import Acquisition

F = TypeVar("F", bound=Future)

MOST_PRODUCTS: Final = 16
"""So many wait for one another at most; a process that is killed has to ask for them again."""

MOST_CONTRACTS: Final = 1000
"""As many do not wait for more: until they are stored the replies about them are in memory."""


def recognised_together(
    acquisitions: Iterable[Acquisition[F]], due: int
) -> Iterator[
    AcquiredLadders
    | tuple[FutureQuery, AcquiredFuture[F] | AbsentFuture | RefusedReply | IbkrSyncError]
    | Mapping[FutureQuery, RecognisedReply]
]:
    """Give what was acquired in its order, with recognised replies that follow one another as one.

    Each product is in it once. Nothing waits any more once all products that are `due`, so many,
    were acquired, or when the source fails.
    """
    waiting: dict[FutureQuery, RecognisedReply] = {}
    try:
        for acquisition in acquisitions:
            if isinstance(acquisition, AcquiredLadders):
                yield acquisition
                continue
            due -= 1
            query, acquired = acquisition
            if waiting and not _may_join(acquired, waiting):
                yield waiting
                waiting = {}
            if not isinstance(acquired, RecognisedReply):
                yield query, acquired
                continue
            waiting[query] = acquired
            if due == 0 or _is_full(waiting):
                yield waiting
                waiting = {}
    except GatewayError:
        if waiting:
            yield waiting
        raise
    if waiting:
        yield waiting


def _may_join(acquired: object, waiting: Mapping[FutureQuery, RecognisedReply]) -> bool:
    if not isinstance(acquired, RecognisedReply):
        return False
    return all(other.product.key != acquired.product.key for other in waiting.values())


def _is_full(waiting: Mapping[FutureQuery, RecognisedReply]) -> bool:
    contracts = sum(len(reply.statement.con_ids) for reply in waiting.values())
    return len(waiting) >= MOST_PRODUCTS or contracts >= MOST_CONTRACTS
