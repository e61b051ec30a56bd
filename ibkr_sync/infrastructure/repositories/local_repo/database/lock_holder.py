"""Whether a run holds the lock, and which process, without touching the lock."""

from __future__ import annotations

from pathlib import Path

from ibkr_sync.domain.runs.diagnosis.database import LockFacts
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.database.permissions import (
    lock_file_of,
    refuse_unusable_lock,
)

_LOCKS = Path("/proc/locks")
_UNKNOWN = LockFacts(is_held=None)
_SERVER_LOCK = (
    "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2"
    " AND classid = hashtext('ibkr-sync run')::oid AND objid = hashtext(current_schema())::oid"
)


def find_lock_holder(database: Database) -> LockFacts:
    """Give who holds the run lock of a database, as far as this system says.

    Raises StorageError, for what can't be locked too. Trying to take it would keep a run out
    that starts in that moment.
    """
    if database.location.url is not None:
        with database.read() as connection:
            session = connection.exec_driver_sql(_SERVER_LOCK).scalars().first()
        holder = None if session is None else f"server session {session}"
        return LockFacts(is_held=session is not None, holder=holder)
    if database.path is None:
        return _UNKNOWN
    lock = lock_file_of(database.path)
    refuse_unusable_lock(lock, database.name)
    try:
        locks = _LOCKS.read_text(encoding="ascii")
        inode = lock.stat().st_ino
    except FileNotFoundError:
        return LockFacts(is_held=False) if _LOCKS.exists() else _UNKNOWN
    except (OSError, ValueError):
        return _UNKNOWN
    return lock_in_table(locks, inode)


def lock_in_table(locks: str, inode: int) -> LockFacts:
    """Who holds a lock on a file, by what Linux lists of all; no lock at all says nothing.

    A line is `1: FLOCK ADVISORY WRITE 4711 08:01:123456 0 EOF`; the process of another container
    is 0. Source: https://man7.org/linux/man-pages/man5/proc_locks.5.html
    """
    lines = [line.split() for line in locks.splitlines() if "->" not in line]
    for words in lines:
        match words:
            case [_, "FLOCK", _, "WRITE", process, place, *_] if place.endswith(f":{inode}"):
                is_known = process.isdigit() and int(process) > 0
                return LockFacts(is_held=True, holder=f"process {process}" if is_known else None)
            case _:
                continue
    return LockFacts(is_held=False) if lines else _UNKNOWN
