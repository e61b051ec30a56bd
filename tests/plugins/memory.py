"""Tests keep their files in memory, where the system offers that: they commit thousands of times.

What a disk is waited for was most of the time of a test with a database, and a third of its work.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of one's own is made in it
_LEAST_FREE = 4 << 30


def _offers_room(folder: Path) -> bool:
    """Whether it is a file system that has room for all tests, and runs programs."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return False
    free = found.f_bavail * found.f_frsize
    return free >= _LEAST_FREE and not found.f_flag & os.ST_NOEXEC and os.access(folder, os.W_OK)


if "TMPDIR" not in os.environ and _offers_room(_SHARED_MEMORY):
    os.environ["TMPDIR"] = tempfile.tempdir = str(_SHARED_MEMORY)
