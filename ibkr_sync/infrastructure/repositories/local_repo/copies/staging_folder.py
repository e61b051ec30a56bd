"""A folder for a database that is not whole yet, beside the file that it is to become."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from filelock import FileLock, Timeout

_LOCK = "lock"


@contextmanager
def staging_folder(file: Path) -> Iterator[Path]:
    """A private folder beside a file, which goes in the end; raises OSError.

    It is locked while it is used: those that killed processes left for the same file are not, and
    go first.
    """
    prefix = f".{file.name}.ibkr-sync."
    for folder in [path for path in file.parent.iterdir() if path.name.startswith(prefix)]:
        with suppress(OSError, Timeout):
            _remove_if_left(folder)
    with (
        TemporaryDirectory(dir=file.parent, prefix=prefix, ignore_cleanup_errors=True) as name,
        FileLock(Path(name) / _LOCK, timeout=0),
    ):
        yield Path(name)


def _remove_if_left(folder: Path) -> None:
    if (folder / _LOCK).is_file():
        with FileLock(folder / _LOCK, timeout=0):
            shutil.rmtree(folder)
