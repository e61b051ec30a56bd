"""What is recorded of runs: how each ended, and what came of each product that it asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ibkr_sync.domain.entities.futures import Origin, ProductKey
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.runs.contract_counts import ContractCounts
from ibkr_sync.domain.runs.run_kind import RunKind
from ibkr_sync.domain.runs.run_outcomes import ProductOutcome, RunOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRun:
    """A run with what came of its products in all.

    Attributes:
        origin: SAMPLE also where what it brought up to date is sample data, wherever from.
        finished_at: None while it runs, and for good when its process died and none followed.
        error: name of the error that ended the run before its time, with its `message`.
        succeeded: how many products were brought up to date, those too that took contracts of
            the ones asked for; `failed` how many were not.
        counts: of its products in all.
    """

    run_id: int
    origin: Origin
    kind: RunKind
    started_at: datetime
    finished_at: datetime | None
    outcome: RunOutcome
    error: str | None
    message: str | None
    succeeded: int
    failed: int
    counts: ContractCounts

    @property
    def is_cut_short(self) -> bool:
        """Whether it ended before its time; not when every product was answered by a failure."""
        return self.outcome is RunOutcome.INTERRUPTED or self.error is not None

    @property
    def took(self) -> timedelta | None:
        """How long it ran; None when its end was not recorded, or the clock was set back."""
        if self.finished_at is None or self.finished_at < self.started_at:
            return None
        return self.finished_at - self.started_at


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedProduct:
    """What came of one product in one run.

    Attributes:
        asked: the query, of which currency and conId are not recorded.
        key: the stored product that it was for; None when none is known for it.
        error: name of the error; None when it was brought up to date.
        message: the error's, or what of the reply could not be stored.
        at: UTC instant at which it was recorded.
    """

    run_id: int
    asked: FutureQuery
    key: ProductKey | None
    outcome: ProductOutcome
    error: str | None
    message: str | None
    counts: ContractCounts
    at: datetime
