"""Which run this process records, for whoever tells of it.

One run at a time is recorded per database, and a process works on one database; whatever it
logs meanwhile, in any thread, belongs to that run.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ibkr_sync.domain.runs.sync_policy import SyncRun

_opened: list[SyncRun] = []
_in_progress: list[SyncRun] = []


@contextmanager
def in_progress(run: SyncRun) -> Iterator[None]:
    """Make this the run that the process works on."""
    _opened[:] = [run]
    _in_progress.append(run)
    try:
        yield
    finally:
        _in_progress.remove(run)


def run_in_progress() -> SyncRun | None:
    """The run that the process works on now, if any."""
    return _in_progress[-1] if _in_progress else None


def latest_run() -> SyncRun | None:
    """The run that the process opened last, whether it has ended or not; None if it has none."""
    return _opened[-1] if _opened else None
