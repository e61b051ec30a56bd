"""When stored data is too old, and why it is."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ibkr_sync.domain.entities.futures import ProductKey
from ibkr_sync.domain.entities.product_summary import ProductSummary
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.runs.run_outcomes import ProductOutcome, RunOutcome
from ibkr_sync.domain.runs.run_records import RecordedProduct, RecordedRun


class StaleReason(StrEnum):
    """Why there is no complete reply that is young enough.

    OLD_REPLY: what was got lately was old when it came, as from a file. RUN_CUT_SHORT and
    RUN_UNFINISHED: nothing asked for it since, and this is how the last refresh ended.
    """

    CLOCK_BEHIND = "clock_behind"
    FAILED = "failed"
    OLD_REPLY = "old_reply"
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
        tried_at: UTC instant of the last try since then to get one; None when there was none.
        run_id: the run of that try, or the refresh that ended before it came to one.
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


def judge_staleness(
    asked: FutureQuery,
    stored: ProductSummary | None,
    attempts: Iterable[RecordedProduct],
    run: RecordedRun | None,
    *,
    max_age: timedelta,
    now: datetime,
) -> StaleProduct | None:
    """Say why a product is stale at the aware instant `now`; None when it is fresh.

    `attempts` are the newest records (see `RunsPort.last_attempts`); `run` is the newest refresh.
    The product's own newest record gives the reason; the run does only where nothing was recorded
    of the product since it was synced.
    """
    if is_not_stale(stored, max_age=max_age, now=now):
        return None
    synced_at = None if stored is None else stored.synced_at
    key = None if stored is None else stored.key
    stale = StaleProduct(asked=asked, key=key, synced_at=synced_at, reason=StaleReason.CLOCK_BEHIND)
    if synced_at is not None and synced_at > now:
        return stale
    attempt = next((other for other in attempts if _is_about(other, asked, stored)), None)
    reason = None if attempt is None else _reason_of_attempt(attempt, synced_at, max_age, now)
    if attempt is not None and reason is not None:
        return dataclasses.replace(
            stale,
            reason=reason,
            tried_at=attempt.at,
            run_id=attempt.run_id,
            error=attempt.error,
            message=attempt.message,
        )
    reason = _reason_of_run(run, synced_at)
    if run is None or reason not in _OF_RUNS:
        return dataclasses.replace(stale, reason=reason)
    return dataclasses.replace(
        stale, reason=reason, run_id=run.run_id, error=run.error, message=run.message
    )


def is_not_stale(stored: ProductSummary | None, *, max_age: timedelta, now: datetime) -> bool:
    """Whether a product had a complete reply that is young enough at the aware instant `now`.

    Data from the future is stale, as in `LocalFuturePort.find_fresh`: the clock that it was
    stamped by, or this one, is wrong.
    """
    if stored is None or stored.synced_at is None:
        return False
    return timedelta(0) <= now - stored.synced_at < max_age


def is_alarmingly_stale(run: RecordedRun, *, max_age: timedelta, now: datetime) -> bool:
    """Whether the newest run alone is a reason to look: cut short, or without an end so long."""
    if run.outcome is RunOutcome.RUNNING:
        return now - run.started_at >= max_age
    return run.is_cut_short


_OF_RUNS = (StaleReason.RUN_CUT_SHORT, StaleReason.RUN_UNFINISHED)


def _reason_of_attempt(
    attempt: RecordedProduct, synced_at: datetime | None, max_age: timedelta, now: datetime
) -> StaleReason | None:
    """What a record of the product says of why it is stale; None if it is from before."""
    if synced_at is not None and attempt.at <= synced_at:
        return None
    if attempt.outcome is ProductOutcome.FAILED:
        return StaleReason.FAILED
    return StaleReason.OLD_REPLY if now - attempt.at < max_age else None


def _reason_of_run(run: RecordedRun | None, synced_at: datetime | None) -> StaleReason:
    """Why nothing was asked for the product since it was synced."""
    if run is not None and (synced_at is None or run.started_at > synced_at):
        if run.outcome is RunOutcome.RUNNING:
            return StaleReason.RUN_UNFINISHED
        if run.is_cut_short:
            return StaleReason.RUN_CUT_SHORT
        if synced_at is not None:
            return StaleReason.NOT_ASKED_FOR
    return StaleReason.NEVER_SYNCED if synced_at is None else StaleReason.NO_RUN_SINCE


def _is_about(attempt: RecordedProduct, asked: FutureQuery, stored: ProductSummary | None) -> bool:
    if stored is not None and attempt.key is not None:
        return attempt.key == stored.key
    return (attempt.asked.symbol, attempt.asked.exchange, attempt.asked.trading_class) == (
        asked.symbol,
        asked.exchange,
        asked.trading_class,
    )
