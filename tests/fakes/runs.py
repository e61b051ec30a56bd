"""The runs of the repository in memory."""

from __future__ import annotations

import dataclasses

from fakes.futures import InMemoryFutureRepository
from fakes.futures import RecordedRun as KeptRun
from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.ports.runs import RunsPort
from ibkr_sync.domain.runs.contract_counts import total_counts
from ibkr_sync.domain.runs.run_kind import RunKind
from ibkr_sync.domain.runs.run_outcomes import ProductOutcome, RunOutcome
from ibkr_sync.domain.runs.run_records import RecordedProduct, RecordedRun


class InMemoryRuns(RunsPort):
    """Reads what the repository recorded."""

    def __init__(self, repository: InMemoryFutureRepository[Future]) -> None:
        self._repository = repository
        self.is_lock_held: bool | None = None

    def last_runs(self, count: int, *, kind: RunKind | None = None) -> tuple[RecordedRun, ...]:
        kept = [other for other in self._repository.runs if kind in (None, other.run.kind)]
        return tuple(map(self._as_recorded, kept[::-1][:count]))

    def run(self, run_id: int) -> RecordedRun | None:
        kept = [other for other in self._repository.runs if other.run.run_id == run_id]
        return self._as_recorded(kept[0]) if kept else None

    def is_any_open(self) -> bool | None:
        return self.is_lock_held

    def products_of(self, run_id: int) -> tuple[RecordedProduct, ...]:
        kept = [other for other in self._repository.runs if other.run.run_id == run_id]
        return tuple(product for other in kept for product in other.products)

    def last_attempts(self) -> tuple[RecordedProduct, ...]:
        recorded = [product for run in self._repository.runs for product in run.products]
        newest = {other.key or other.asked: other for other in recorded}
        return tuple(other for other in recorded[::-1] if newest[other.key or other.asked] is other)

    def _as_recorded(self, kept: KeptRun) -> RecordedRun:
        stored = [
            product.key for product in kept.products if product.outcome is not ProductOutcome.FAILED
        ]
        products = [product for key, product in self._repository.products.items() if key in stored]
        is_sample = any(product.origin is Origin.SAMPLE for product in products)
        recorded = _as_recorded(kept)
        return dataclasses.replace(recorded, origin=Origin.SAMPLE) if is_sample else recorded


def _as_recorded(kept: KeptRun) -> RecordedRun:
    failed = sum(product.outcome is ProductOutcome.FAILED for product in kept.products)
    return RecordedRun(
        run_id=kept.run.run_id,
        origin=kept.run.origin,
        kind=kept.run.kind,
        started_at=kept.run.started_at,
        finished_at=kept.finished_at,
        outcome=RunOutcome(kept.outcome),
        error=None if kept.error is None else type(kept.error).__name__,
        message=None if kept.error is None else str(kept.error),
        succeeded=len(
            {other.key for other in kept.products if other.outcome is not ProductOutcome.FAILED}
        ),
        failed=failed,
        counts=total_counts(product.counts for product in kept.products),
    )
