"""A process that lives until it ends by itself, hangs, or is no longer wanted."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

HANGS_AFTER = 90.0
"""Seconds after which a process is killed, whatever it waits for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """What a process left: its exit code, what it said, and what it took."""

    code: int
    out: bytes
    err: bytes
    took: float
    usage: resource.struct_rusage


def live(
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    during: Callable[[subprocess.Popen[bytes]], None] | None = None,
    hangs_after: float = HANGS_AFTER,
) -> Lived:
    """Run a command to its end, while `during` does something to it.

    Nothing of it is left afterwards, whatever `during` raises. Raises AssertionError if the
    process itself left others behind.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.monotonic()
        process = subprocess.Popen(  # noqa: S603 - our own command
            command,
            env=env,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
        hangs = threading.Timer(hangs_after, process.kill)
        hangs.start()
        try:
            if during is not None:
                during(process)
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        finally:
            hangs.cancel()
        took = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        _refuse_orphans(process.pid)
        return Lived(
            code=process.returncode,
            out=_content(out),
            err=_content(err),
            took=took,
            usage=usage,
        )


def is_alive(process: subprocess.Popen[bytes]) -> bool:
    """Whether a process has not ended yet; leaves it to its `live` to wait for it."""
    wanted = os.WEXITED | os.WNOHANG | os.WNOWAIT
    return os.waitid(os.P_PID, process.pid, wanted) is None


def _refuse_orphans(group: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
        raise AssertionError("the run left a process behind")


def _content(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()
