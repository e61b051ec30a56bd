"""What runs the command on a disk that is full or breaks, by the means that this machine has."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from e2e.command_line import COMMAND
from e2e.fault_matrix.launchers import Launcher, launching

PAGE = 4096
"""Bytes of a page of the database."""

_ERRORS = {"writes": "ENOSPC", "syncs": "EIO"}


def without_room(limit: str, folder: Path, command: str = str(COMMAND)) -> Launcher:
    """A folder with so many `blocks=` or `inodes=` to spare, or with so many `pages=` per file.

    What is too much fails with ENOSPC, and what is too long for a file with EFBIG.
    """
    what, _, number = limit.partition("=")
    if what == "pages":
        return (*launching("without.py", f"file-size={int(number) * PAGE}"), command)
    return (*launching("small_file_system.py", limit, folder), command)


def with_failing(calls: str, number: int, how: str, folder: Path) -> Launcher:
    """A folder where `writes` fail with ENOSPC or `syncs` with EIO.

    The call of this number fails, counted from 1: `once`, or and all `onwards`. Where calls
    can't be failed one by one, all syncs from the first onwards still can.
    """
    if can_fail_calls():
        return _with_failing(calls, number, how, folder, str(COMMAND))
    assert (calls, number, how) == ("syncs", 1, "onwards")
    return without_syncs()


def without_syncs() -> Launcher:
    """Every sync fails with EIO."""
    return (*launching("without.py", "sync"), str(COMMAND))


@cache
def can_mount() -> bool:
    """Whether a file system can be mounted for one process; containers may forbid it."""
    with TemporaryDirectory() as folder:
        return _works(without_room("blocks=1", Path(folder), sys.executable))


@cache
def can_fail_calls() -> bool:
    """Whether system calls can be failed one by one; old kernels can't."""
    with TemporaryDirectory() as folder:
        return _works(_with_failing("syncs", 1, "once", Path(folder), sys.executable))


def _with_failing(calls: str, number: int, how: str, folder: Path, command: str) -> Launcher:
    failure = (calls, _ERRORS[calls], number, how)
    return (*launching("failing_calls.py", *failure, folder), command)


def _works(launcher: Launcher) -> bool:
    """Whether Python, given nothing to do, ends well."""
    done = subprocess.run(  # noqa: S603 - our own programs
        launcher, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    return done.returncode == 0
