"""A folder in which a copy is made before it takes its place; those of killed processes go."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Final

from ibkr_sync.infrastructure.repositories.local_repo.database.failures import translated_failures
from ibkr_sync.infrastructure.repositories.local_repo.database.location import locate_database

_PREFIX: Final = ".ibkr-sync-copy."
_LOCK: Final = "lock"
"""A file in the folder, locked from when it has this name until its process ends."""


@contextmanager
def staging_folder(file: Path) -> Iterator[Path]:
    """A private folder beside the file that a copy is for, deleted at the end.

    Those beside it that a process left behind are deleted first. Raises DatabaseUnavailableError,
    of the file, where none can be made.
    """
    for former in file.parent.glob(f"{_PREFIX}*"):
        if _is_abandoned(former):
            shutil.rmtree(former, ignore_errors=True)
    with translated_failures(locate_database(file)):
        made = TemporaryDirectory(dir=file.parent, prefix=_PREFIX)
    with made as name, _held(Path(name)):
        yield Path(name)


def _is_abandoned(folder: Path) -> bool:
    """Whether nobody holds its lock; without one it may be about to be made."""
    with suppress(OSError), (folder / _LOCK).open("r+b") as file:
        return _lock(file)
    return False


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    new = folder / f"{_LOCK}.new"
    with new.open("xb") as file:
        if _lock(file):
            new.rename(folder / _LOCK)
        yield


def _lock(file: IO[bytes]) -> bool:
    """Lock a file until it is closed, if this system can and nobody else does."""
    try:
        import fcntl  # which not every system has

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (OSError, ImportError):
        return False
    return True
