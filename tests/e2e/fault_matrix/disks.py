"""What runs the command on a disk that is full or breaks.

What a machine can't do for that skips the test, and tells why.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from e2e.command_line import COMMAND
from e2e.fault_matrix.launchers import Launcher, launching
from e2e.fault_matrix.rig import Rig
from e2e.fault_matrix.stores import Store
from plugins.forbid_skips import INABILITY

PAGE = 4096
"""Bytes of a page of the database."""

_ERRORS = {"writes": "ENOSPC", "syncs": "EIO"}


def without_room(limit: str, folder: Path) -> Launcher:
    """A folder with so many `blocks=` or `inodes=` to spare, or with so many `pages=` per file.

    What is too much fails with ENOSPC, and what is too long for a file with EFBIG. Skips where
    no file system can be mounted for one process, which containers may forbid.
    """
    what, _, number = limit.partition("=")
    if what == "pages":
        return (*launching("without.py", f"file-size={int(number) * PAGE}"), str(COMMAND))
    _require("mount a file system for one process")
    return _on_small_file_system(limit, folder, str(COMMAND))


def with_failing(calls: str, number: int, how: str, folder: Path) -> Launcher:
    """A folder where `writes` fail with ENOSPC or `syncs` with EIO.

    The call of this number fails, counted from 1: `once`, or and all `onwards`. Skips where
    calls can't be failed one by one, as before Linux 5.5.
    """
    _require("fail system calls one by one")
    return _with_failing(calls, number, how, folder, str(COMMAND))


def without_syncs() -> Launcher:
    """Every sync fails with EIO; skips where system calls can't be filtered."""
    _require("filter system calls")
    return _without_syncs(str(COMMAND))


def in_own_folder(rig: Rig, tmp_path: Path) -> Rig:
    """Move the file into a folder that holds nothing else, so that it can be a small disk."""
    folder = tmp_path / "disk"
    folder.mkdir()
    rig.store = Store(str(rig.store.path.rename(folder / rig.store.path.name)))
    return rig


@cache
def hindrance(what: str) -> str | None:
    """Why this machine can't do what a test needs; None where it can."""
    with TemporaryDirectory() as folder:
        return _failure(_TRIALS[what](Path(folder), sys.executable))


def _require(what: str) -> None:
    reason = hindrance(what)
    if reason is not None:
        pytest.skip(f"{INABILITY}{what}: {reason}")


def _on_small_file_system(limit: str, folder: Path, command: str) -> Launcher:
    return (*launching("small_file_system.py", limit, folder), command)


def _with_failing(calls: str, number: int, how: str, folder: Path, command: str) -> Launcher:
    failure = (calls, _ERRORS[calls], number, how)
    return (*launching("failing_calls.py", *failure, folder), command)


def _without_syncs(command: str) -> Launcher:
    return (*launching("without.py", "sync"), command)


_TRIALS: Mapping[str, Callable[[Path, str], Launcher]] = {
    "mount a file system for one process": lambda folder, command: _on_small_file_system(
        "blocks=1", folder, command
    ),
    "fail system calls one by one": lambda folder, command: _with_failing(
        "syncs", 1, "once", folder, command
    ),
    "filter system calls": lambda _folder, command: _without_syncs(command),
}


def _failure(launcher: Launcher) -> str | None:
    """The last that Python says which is given nothing to do, unless it ends well."""
    done = subprocess.run(  # noqa: S603 - our own programs
        launcher, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode == 0:
        return None
    *_, message = ["", *done.stderr.splitlines()]
    return message or f"exit code {done.returncode}"
