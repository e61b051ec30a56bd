"""Whether this user may write what a run writes: a SQLite file, its lock, and beside it."""

from __future__ import annotations

import os
from pathlib import Path

from ibkr_sync.domain.errors import DatabaseUnavailableError, UnavailableReason

_BESIDE = ("", ".lock", "-wal", "-shm")


def lock_file_of(path: Path) -> Path:
    """The file that a run locks, beside a SQLite file."""
    return path.with_name(f"{path.name}.lock")


def forbidden_path(path: Path) -> Path | None:
    """What this user may not write to, of a SQLite file, what stands beside it, and its folder.

    Of a folder that is not there yet the nearest one above it counts. None where all is well.
    """
    files = (path.with_name(f"{path.name}{ending}") for ending in _BESIDE)
    folder = next(parent for parent in path.parents if os.path.exists(parent))  # noqa: PTH110 - Path.exists raises where a folder above can't be entered
    for candidate in (*filter(os.path.exists, files), folder):
        needed = os.R_OK | os.W_OK | (os.X_OK if candidate.is_dir() else 0)
        if not os.access(candidate, needed):
            return candidate
    return None


def refuse_forbidden(path: Path, name: str) -> None:
    """Raise DatabaseUnavailableError where a run couldn't write what it needs to."""
    forbidden = forbidden_path(path)
    if forbidden is not None:
        raise DatabaseUnavailableError(
            name,
            f"this user may not write to {forbidden}",
            reason=why_forbidden(forbidden),
            path=str(forbidden),
        )


def why_forbidden(path: Path) -> UnavailableReason:
    """Whether rights are missing on what can't be written, or its file system takes nothing."""
    is_read_only = os.name == "posix" and os.statvfs(path).f_flag & os.ST_RDONLY
    return UnavailableReason.READ_ONLY if is_read_only else UnavailableReason.FORBIDDEN


def refuse_unusable_lock(lock: Path, name: str) -> None:
    """Raise DatabaseUnavailableError where what stands at the lock's path can't be locked."""
    if lock.exists() and not lock.is_file():
        raise DatabaseUnavailableError(
            name,
            f"{lock}, which keeps other runs out, is not a file",
            reason=UnavailableReason.NOT_A_FILE,
            path=str(lock),
        )
