"""Runs as they are recorded: opened under the lock, closed with their outcome."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime

from sqlalchemy import func, insert, select, update
from sqlalchemy.engine import Connection

from ibkr_sync.domain.entities.futures import Origin
from ibkr_sync.domain.errors import StorageError
from ibkr_sync.domain.runs.run_kind import RunKind
from ibkr_sync.domain.runs.run_outcomes import ProductOutcome, RunOutcome
from ibkr_sync.domain.runs.sync_policy import SyncRun
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.database.lock import run_lock
from ibkr_sync.infrastructure.repositories.local_repo.products.mapping import map_to_storable_text
from ibkr_sync.infrastructure.repositories.local_repo.products.schedules import (
    drop_unused_schedules,
)
from ibkr_sync.infrastructure.repositories.local_repo.schema.revision import (
    read_revision,
    refuse_older_revision,
)
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import (
    run_products,
    sync_runs,
)
from ibkr_sync.infrastructure.repositories.local_repo.schema.upgrading import writing

_log = logging.getLogger(__name__)

_REPORT_NOTHING = (RunKind.RENORMALISE, RunKind.IMPORT)
"""Kinds of runs that leave it to the next one to report of runs that died."""

_MOST_UNREPORTED = 100


@contextmanager
def recorded_run(
    database: Database,
    origin: Origin,
    kind: RunKind,
    clock: Callable[[], datetime],
    on_open: Callable[[], object] = lambda: None,
) -> Iterator[SyncRun]:
    """Hold the run lock and record the run, whatever ends it.

    `on_open` is called in the transaction that opens it, and reads what the run finds. Raises
    AlreadyRunningError at once when another run is open, or StorageError.
    """
    if not database.has_current_schema:  # what is not ours gets no lock file beside it either
        refuse_older_revision(read_revision(database), database)
    with run_lock(database):
        with writing(database) as connection:
            run = _open_run(connection, origin, kind, clock())
            on_open()
        try:
            try:
                yield run
            except Exception as error:
                _close_quietly(database, run, RunOutcome.FAILED, clock, error)
                raise
            if database.ended_run != run.run_id:
                with writing(database) as connection:
                    end_run(connection, run, clock())
        except Exception:
            raise
        except BaseException:  # a signal, which may come while the end is recorded
            _close_quietly(database, run, RunOutcome.INTERRUPTED, clock)
            raise


def end_run(connection: Connection, run: SyncRun, now: datetime) -> None:
    """Record that a run came to its end, and how by what came of its products."""
    outcome = _outcome_of(connection, run)
    drop_unused_schedules(connection)
    _close_run(connection, run, outcome, now)
    _log.info("run %d ended: %s", run.run_id, outcome)


def _open_run(connection: Connection, origin: Origin, kind: RunKind, now: datetime) -> SyncRun:
    """Record a new run, after closing those whose process died: the lock proves they did."""
    connection.execute(
        update(sync_runs)
        .where(sync_runs.c.outcome == RunOutcome.RUNNING)
        .values(outcome=RunOutcome.INTERRUPTED, finished_at=now)
    )
    unreported = tuple(_unreported_runs(connection, now))
    row = {"origin": origin, "kind": kind, "started_at": now, "outcome": RunOutcome.RUNNING}
    key = connection.execute(insert(sync_runs), row).inserted_primary_key
    if key is None:
        raise LookupError("sync_runs: the database gave no id")
    return SyncRun(run_id=key[0], origin=origin, started_at=now, kind=kind, unreported=unreported)


def _unreported_runs(connection: Connection, now: datetime) -> Iterator[int]:
    """The runs whose processes died since one reported what it, and they before it, saw.

    The run after one whose process died closes it, and so dates its end as its own beginning.
    """
    runs = select(sync_runs).order_by(sync_runs.c.id.desc())
    next_started_at = now
    for run in connection.execute(runs.limit(_MOST_UNREPORTED)):
        if run.outcome is RunOutcome.INTERRUPTED and run.finished_at == next_started_at:
            yield run.id
        elif run.kind not in _REPORT_NOTHING:
            return
        next_started_at = run.started_at


def _close_quietly(
    database: Database,
    run: SyncRun,
    outcome: RunOutcome,
    clock: Callable[[], datetime],
    error: Exception | None = None,
) -> None:
    """Record how a failing run ended; what made it fail matters more than a failure here."""
    with suppress(StorageError), writing(database) as connection:
        _close_run(connection, run, outcome, clock(), error)
    _log.info("run %d ended: %s%s", run.run_id, outcome, f": {error}" if error else "")


def _close_run(
    connection: Connection,
    run: SyncRun,
    outcome: RunOutcome,
    now: datetime,
    error: Exception | None = None,
) -> None:
    reason = (
        {}
        if error is None
        else {"error": type(error).__name__, "message": map_to_storable_text(str(error))}
    )
    connection.execute(
        update(sync_runs)
        .where(sync_runs.c.id == run.run_id)
        .values(outcome=outcome, finished_at=now, **reason)
    )


def _outcome_of(connection: Connection, run: SyncRun) -> RunOutcome:
    """How a run ended that came to its end; a message is of a failure, or of what was left out."""
    statement = (
        select(run_products.c.outcome, func.count(run_products.c.message))
        .where(run_products.c.run_id == run.run_id)
        .group_by(run_products.c.outcome)
    )
    messages = {row[0]: row[1] for row in connection.execute(statement)}
    if set(messages) == {ProductOutcome.FAILED}:
        return RunOutcome.FAILED
    return RunOutcome.PARTIAL if any(messages.values()) else RunOutcome.OK
