"""What became of each product that a run was asked for, as rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy.engine import Connection

from ibkr_sync.domain.evidence.chain_diff import ChainDiff
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.runs.contract_counts import ContractCounts, counts_of, counts_of_taker
from ibkr_sync.domain.runs.future_update import FutureFailure
from ibkr_sync.domain.runs.run_outcomes import ProductOutcome
from ibkr_sync.domain.runs.sync_policy import SyncRun
from ibkr_sync.infrastructure.repositories.local_repo.database.bulk_writes import bulk_insert
from ibkr_sync.infrastructure.repositories.local_repo.products.mapping import map_to_storable_text
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import run_products

APPLIED = (ProductOutcome.CREATED, ProductOutcome.UPDATED, ProductOutcome.UNCHANGED)
"""Where a complete reply was stored."""

_COLUMNS = (
    *("run_id", "at", "symbol", "exchange", "trading_class", "product_id", "outcome"),
    *("added", "updated", "moved", "replaced", "returned", "missing", "delisted", "expired"),
    *("unchanged", "error", "message", "given_at"),
)


def record_outcome(
    connection: Connection,
    query: FutureQuery,
    diff: ChainDiff,
    *,
    product_id: int,
    is_new: bool,
    run: SyncRun,
    now: datetime,
    given_at: datetime | None,
    is_taker: bool = False,
    left_out: Sequence[str] = (),
) -> None:
    """Record that the run brought a product up to date, with the counts of what changed.

    `given_at` is when its source said so: before it was stored, long before for a file. `left_out`
    are sentences on what of it could not be stored; then the run was a success in part.
    """
    if is_new:
        outcome = ProductOutcome.CREATED
    else:
        outcome = ProductOutcome.UNCHANGED if diff.is_empty else ProductOutcome.UPDATED
    counts = counts_of_taker(diff) if is_taker else counts_of(diff)
    asked = _asked(query, run, now)
    message = map_to_storable_text("; ".join(left_out)) or None
    row = (*asked, product_id, outcome, *_values(counts), None, message, given_at)
    bulk_insert(connection, run_products, _COLUMNS, (row,))


def record_unchanged(
    connection: Connection,
    seen: Iterable[tuple[FutureQuery, int, ChainDiff, datetime]],
    run: SyncRun,
    now: datetime,
) -> None:
    """Record that the run saw products again: ids, what did not change, and when it was said."""
    rows = (
        (
            *(*_asked(query, run, now), product_id, ProductOutcome.UNCHANGED),
            *(*_values(counts_of(diff)), None, None, given_at),
        )
        for query, product_id, diff, given_at in seen
    )
    bulk_insert(connection, run_products, _COLUMNS, rows)


def record_failed_outcome(
    connection: Connection,
    failure: FutureFailure,
    product_id: int | None,
    run: SyncRun,
    now: datetime,
    *,
    given_at: datetime | None = None,
) -> None:
    """Record that the run could not bring a product up to date, why, and what changed of it.

    `given_at` is when its source said that it does not know it; None for a mere failure.
    """
    reason = type(failure.error).__name__, map_to_storable_text(str(failure.error))
    asked = _asked(failure.query, run, now)
    counts = _values(counts_of(failure.diff or ChainDiff()))
    row = (*asked, product_id, ProductOutcome.FAILED, *counts, *reason, given_at)
    bulk_insert(connection, run_products, _COLUMNS, (row,))


def _asked(
    query: FutureQuery, run: SyncRun, now: datetime
) -> tuple[int, datetime, str, str | None, str | None]:
    return (
        run.run_id,
        now,
        map_to_storable_text(query.symbol),
        query.exchange and map_to_storable_text(query.exchange),
        query.trading_class and map_to_storable_text(query.trading_class),
    )


def _values(counts: ContractCounts) -> tuple[int | None, ...]:
    """In the order of their columns."""
    return tuple(counts.as_record().values())
