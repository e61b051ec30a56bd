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

from e2e import preloaded
from e2e.preloaded import Fork, Process

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
    during: Callable[[Process], None] | None = None,
    hangs_after: float = HANGS_AFTER,
    may_fork: bool = False,
) -> Lived:
    """Run a command to its end, while `during` does something to it.

    Our own command may be a fork of the preloaded one. Nothing of it is left afterwards, whatever
    `during` raises. Raises AssertionError if the process itself left others behind.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.monotonic()
        process = _started(command, env, cwd, (out, err), may_fork=may_fork)
        hangs = threading.Timer(hangs_after, send, [process, signal.SIGKILL])
        hangs.start()
        try:
            if during is not None:
                during(process)
            code, usage = _end_of(process)
        except BaseException:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        finally:
            hangs.cancel()
        took = time.monotonic() - began
        _refuse_orphans(process.pid)
        return Lived(
            code=code,
            out=_content(out),
            err=_content(err),
            took=took,
            usage=usage,
        )


def send(process: Process, signal_number: int) -> None:
    """Send a signal unless it has ended; leaves it to its `live` to wait for it."""
    with suppress(ProcessLookupError):
        os.kill(process.pid, signal_number)


def is_alive(process: Process) -> bool:
    """Whether a process has not ended yet; leaves it to its `live` to wait for it."""
    if isinstance(process, Fork):
        return process.poll() is None
    wanted = os.WEXITED | os.WNOHANG | os.WNOWAIT
    return os.waitid(os.P_PID, process.pid, wanted) is None


def _started(
    command: Sequence[str],
    env: Mapping[str, str],
    cwd: Path,
    streams: tuple[IO[bytes], IO[bytes]],
    *,
    may_fork: bool,
) -> Process:
    out, err = streams
    if may_fork and preloaded.can_run(command, env):
        with open(os.devnull, "rb") as nothing:  # noqa: PTH123 - a device
            descriptors = (nothing.fileno(), out.fileno(), err.fileno())
            return preloaded.started().start(command, env=env, cwd=cwd, streams=descriptors)
    return subprocess.Popen(  # noqa: S603 - our own command
        command,
        env=env,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=err,
        start_new_session=True,
    )


def _end_of(process: Process) -> tuple[int, resource.struct_rusage]:
    if isinstance(process, Fork):
        code = process.wait()
        assert process.usage is not None
        return code, process.usage
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage


def _refuse_orphans(group: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
        raise AssertionError("the run left a process behind")


def _content(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()
