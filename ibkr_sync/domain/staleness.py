"""When stored data is too old, and why it is."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ibkr_sync.domain.entities.futures import ProductKey
from ibkr_sync.domain.run_records import (
    ProductOutcome,
    RecordedProduct,
    RecordedRun,
    RunOutcome,
)
from ibkr_sync.domain.sync import FutureQuery, ProductSummary


class StaleReason(StrEnum):
    """Why there is no complete reply that is young enough."""

    CLOCK_BEHIND = "clock_behind"
    FAILED = "failed"
    RUN_CUT_SHORT = "run_cut_short"
    RUN_UNFINISHED = "run_unfinished"
    NOT_ASKED_FOR = "not_asked_for"
    NO_RUN_SINCE = "no_run_since"
    NEVER_SYNCED = "never_synced"


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleProduct:
    """A product without a complete reply that is young enough.

    Attributes:
        asked: how the product is kept up to date.
        key: the stored product; None when there is none.
        synced_at: UTC instant of the last complete reply; None when there was none.
        tried_at: UTC instant of the last try to get one, or of the run that did not come to it.
        run_id: the run of that try.
        error: name of the error that kept the data from being younger, with its `message`.
    """

    asked: FutureQuery
    key: ProductKey | None
    synced_at: datetime | None
    reason: StaleReason
    tried_at: datetime | None = None
    run_id: int | None = None
    error: str | None = None
    message: str | None = None


def judge_freshness(
    asked: FutureQuery,
    stored: ProductSummary | None,
    attempts: Iterable[RecordedProduct],
    run: RecordedRun | None,
    *,
    max_age: timedelta,
    now: datetime,
) -> StaleProduct | None:
    """Tell why a product is stale at the aware instant `now`; None when it is fresh.

    `attempts` are the newest records of all that was ever asked for, the newest first; `run` is
    the newest run that was to bring it up to date. The later of the two tells the reason. Data
    from the future is stale, as in `LocalFuturePort.find_fresh`: the clock that it was stamped
    by, or this one, is wrong.
    """
    synced_at = None if stored is None else stored.synced_at
    if synced_at is not None and timedelta(0) <= now - synced_at < max_age:
        return None
    reason, cause = _reason(asked, stored, attempts, run, now)
    key = None if stored is None else stored.key
    stale = StaleProduct(asked=asked, key=key, synced_at=synced_at, reason=reason)
    if cause is None:
        return stale
    return dataclasses.replace(
        stale,
        tried_at=cause.at if isinstance(cause, RecordedProduct) else cause.started_at,
        run_id=cause.run_id,
        error=cause.error,
        message=cause.message,
    )


def is_alarming(run: RecordedRun, *, max_age: timedelta, now: datetime) -> bool:
    """Whether the newest run alone is a reason to look: cut short, or without an end so long."""
    if run.outcome is RunOutcome.RUNNING:
        return now - run.started_at >= max_age
    return run.outcome.is_cut_short


_RUN_REASONS = {
    RunOutcome.FAILED: StaleReason.RUN_CUT_SHORT,
    RunOutcome.INTERRUPTED: StaleReason.RUN_CUT_SHORT,
    RunOutcome.RUNNING: StaleReason.RUN_UNFINISHED,
}


def _reason(
    asked: FutureQuery,
    stored: ProductSummary | None,
    attempts: Iterable[RecordedProduct],
    run: RecordedRun | None,
    now: datetime,
) -> tuple[StaleReason, RecordedProduct | RecordedRun | None]:
    synced_at = None if stored is None else stored.synced_at
    if synced_at is not None and synced_at > now:
        return StaleReason.CLOCK_BEHIND, None
    failure = next((each for each in attempts if _is_about(each, asked, stored)), None)
    if failure is not None and not _is_failure_after(failure, synced_at):
        failure = None
    if run is not None and synced_at is not None and run.started_at <= synced_at:
        run = None
    if failure is not None and (run is None or failure.run_id >= run.run_id):
        return StaleReason.FAILED, failure
    if run is not None and run.outcome in _RUN_REASONS:
        return _RUN_REASONS[run.outcome], run
    if synced_at is None:
        return StaleReason.NEVER_SYNCED, None
    return (StaleReason.NO_RUN_SINCE, None) if run is None else (StaleReason.NOT_ASKED_FOR, run)


def _is_about(attempt: RecordedProduct, asked: FutureQuery, stored: ProductSummary | None) -> bool:
    if stored is not None and attempt.key is not None:
        return attempt.key == stored.key
    return (attempt.asked.symbol, attempt.asked.exchange, attempt.asked.trading_class) == (
        asked.symbol,
        asked.exchange,
        asked.trading_class,
    )


def _is_failure_after(attempt: RecordedProduct, synced_at: datetime | None) -> bool:
    is_later = synced_at is None or attempt.at > synced_at
    return attempt.outcome is ProductOutcome.FAILED and is_later
