"""Whether the database, its lock and what was recorded in it let runs succeed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from ibkr_sync.domain.durations import duration_text
from ibkr_sync.domain.errors import StorageError
from ibkr_sync.domain.runs.diagnosis.findings import (
    Check,
    Finding,
    Fix,
    failed,
    passed,
    warned,
)
from ibkr_sync.domain.runs.run_outcomes import RunOutcome
from ibkr_sync.domain.runs.run_records import RecordedRun

OLD_RUN = timedelta(hours=26)
"""A nightly refresh is younger, even in the night in which clocks go back."""

_OTHERS = 0o077
_TWO_DAYS = 48
_KILOBYTE, _MEGABYTE = 1_000, 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseFacts:
    """A database as it was found; secrets are masked.

    Attributes:
        error: what a run would fail with.
        path: of a SQLite file that is there; None for a server, memory, or no file yet.
        mode: its permissions.
        revision: of its schema; None where it holds nothing yet.
        is_sound: whether its file was read and found so; None when there was no time for it.
        size: in bytes.
        reply_count: raw replies that are kept, `reply_size` in bytes together.
        last_run: the newest that was recorded.
    """

    name: str
    error: StorageError | None = None
    path: str | None = None
    mode: int = 0
    revision: str | None = None
    is_sound: bool | None = None
    size: int = 0
    reply_count: int = 0
    reply_size: int = 0
    oldest_reply: datetime | None = None
    last_run: RecordedRun | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LockFacts:
    """The run lock: `is_held` is None where this system doesn't say.

    `holder` names the process, or the session of a server, if it is known; `error` is what a run
    would fail with.
    """

    is_held: bool | None
    holder: str | None = None
    error: StorageError | None = None


def judge_database(facts: DatabaseFacts, keep: timedelta | None) -> Iterator[Finding]:
    """Findings on the database, the permissions of its file, and the raw replies in it."""
    if facts.error is not None:
        yield failed(Check.DATABASE, facts.error)
    elif facts.revision is None:
        yield passed(Check.DATABASE, f"{facts.name}, empty until something is stored")
    else:
        yield _judge_contents(facts)
    if facts.path is not None:
        yield _judge_permissions(facts.path, facts.mode)
    if facts.error is None and facts.revision is not None:
        yield _judge_replies(facts, keep)


def judge_lock(facts: LockFacts, run: RecordedRun | None) -> Finding:
    """Who works on the database; `run` is the newest that was recorded."""
    if facts.error is not None:
        return failed(Check.LOCK, facts.error)
    is_open = run is not None and run.outcome is RunOutcome.RUNNING
    recorded = f"run {run.run_id} of {_moment(run.started_at)}" if run is not None else ""
    if facts.is_held:
        by = ", ".join(filter(None, (facts.holder, recorded if is_open else None)))
        return warned(Check.LOCK, f"held by {by or 'another program'}", Fix.AWAIT_RUN)
    if not is_open:
        return passed(Check.LOCK, "no run is open" if facts.is_held is None else "no run holds it")
    if facts.is_held is None:
        return warned(Check.LOCK, f"{recorded} goes on, or its process died", Fix.AWAIT_RUN)
    return warned(Check.LOCK, f"free, but {recorded} did not end: its process died", Fix.REFRESH)


def judge_last_run(run: RecordedRun | None, lock: LockFacts, now: datetime) -> Finding:
    """Whether the newest run succeeded, and is no older than a day; one that goes on is well."""
    if run is None:
        return warned(Check.LAST_RUN, "none yet", Fix.GET_FIRST)
    age = now - run.started_at
    begun = f"{_moment(run.started_at)}, {_age(age)}"
    found = f"{run.run_id} ({run.kind}) of {begun}: {run.outcome}"
    if run.failed:
        found += f", {run.failed} of {run.failed + run.succeeded} products failed"
    if run.outcome is RunOutcome.RUNNING and lock.is_held is False:
        return warned(Check.LAST_RUN, f"{found}, but its process died", Fix.REFRESH)
    if run.outcome is RunOutcome.RUNNING:
        return passed(Check.LAST_RUN, found)
    if run.error is not None or run.outcome is not RunOutcome.OK:
        return warned(Check.LAST_RUN, found, Fix.SEE_RUN, str(run.run_id))
    if age > OLD_RUN:
        return warned(Check.LAST_RUN, found, Fix.REFRESH)
    return passed(Check.LAST_RUN, found)


def _judge_contents(facts: DatabaseFacts) -> Finding:
    found = f"{facts.name}, schema {facts.revision}"
    size = _size(facts.size)
    if facts.is_sound is None:
        found = f"{found}, {size}, too large to be read whole here"
        return warned(Check.DATABASE, found, Fix.CHECK_INTEGRITY)
    return passed(Check.DATABASE, f"{found}, sound, {size}")


def _judge_permissions(path: str, mode: int) -> Finding:
    if mode & _OTHERS:
        found = f"{mode:04o}, other users may read or change it"
        return warned(Check.PERMISSIONS, found, Fix.RESTRICT_FILE, path)
    return passed(Check.PERMISSIONS, f"{mode:04o}, its owner's alone")


def _judge_replies(facts: DatabaseFacts, keep: timedelta | None) -> Finding:
    kept = "for ever" if keep is None else f"for {duration_text(keep)}"
    if not facts.reply_count or facts.oldest_reply is None:
        return passed(Check.RAW_REPLIES, f"none, kept {kept}")
    size = _size(facts.reply_size)
    oldest = f"oldest of {facts.oldest_reply:%Y-%m-%d}"
    return passed(Check.RAW_REPLIES, f"{facts.reply_count}, {size}, {oldest}, kept {kept}")


def _size(size: int) -> str:
    return f"{size / _MEGABYTE:.1f} MB" if size >= _MEGABYTE else f"{size / _KILOBYTE:.0f} kB"


def _age(age: timedelta) -> str:
    """How long ago, in whole days or hours; a clock that was set back makes it the future."""
    if age < timedelta():
        return "which is yet to come"
    hours = age // timedelta(hours=1)
    if hours >= _TWO_DAYS:
        return f"{age.days} days ago"
    return f"{hours} h ago" if hours else f"{age // timedelta(minutes=1)} min ago"


def _moment(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC"
