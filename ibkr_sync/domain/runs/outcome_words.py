"""The one word for what came of a product, whichever command reports it."""

from __future__ import annotations

from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.runs.future_update import FutureUpdate
from ibkr_sync.domain.runs.run_outcomes import ProductOutcome

FAILED = ProductOutcome.FAILED.value


def outcome_word(update: FutureUpdate[Future], *, from_source: bool = True) -> str:
    """What an update did; `from_source` is False where the database alone answers.

    `catalogue`, `fresh` and `stored` are for what no source was asked about.
    """
    if update.stored.origin is Origin.CATALOGUE:
        return "catalogue"
    if update.diff is None:
        return "fresh" if from_source else "stored"
    is_changed = not update.diff.is_empty
    return change_word(is_new=update.is_new, is_changed=is_changed, applied=update.applied)


def change_word(*, is_new: bool, is_changed: bool, applied: bool) -> str:
    """What was done with a product, as its run records it; `planned` if a dry run would do it."""
    if not (is_new or is_changed):
        return ProductOutcome.UNCHANGED.value
    if not applied:
        return "planned"
    return (ProductOutcome.CREATED if is_new else ProductOutcome.UPDATED).value
