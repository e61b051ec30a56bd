"""Whether a run holds the lock, and which process, without keeping a run out."""

from __future__ import annotations

from contextlib import suppress
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

    Raises StorageError, for what can't be locked too.
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
    with suppress(OSError, ValueError):
        listed = lock_in_table(_LOCKS.read_text(encoding="ascii"), lock.stat().st_ino)
        if listed is not None:
            return listed
    return LockFacts(is_held=refuses_sharing(lock))


def refuses_sharing(lock: Path) -> bool | None:
    """Whether a shared lock on the file is refused; None where this system can't say.

    It is held for a moment, in which a run that begins waits.
    """
    try:
        import fcntl  # which not every system has

        with lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    except (OSError, ImportError):
        return None
    return False


def lock_in_table(locks: str, inode: int) -> LockFacts | None:
    """Who holds a lock on a file, by what Linux lists of all; a container lists its own alone.

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
    return None
