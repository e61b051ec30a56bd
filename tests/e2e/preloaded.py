"""Runs the command in a process that has loaded it already: in its place, or in a fork.

Either way a run has streams, environment, working folder and exit code of its own; a fork is also
a process and a session of its own, so that it can be sent signals and others may run beside it.
What is saved is what starting Python, loading the command and preparing what it uses cost, which
is most of a short run; a run in place saves forking too, which is most of what is left. Tests that
are about these, about the locale, or about how much memory a run takes, use the installed command
instead.
"""

from __future__ import annotations

import atexit
import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import IO, Self, TypeAlias

from e2e.one_run import ENCODING, LARGEST

READ_BY_PYTHON = ("PYTHON", "LC_", "LANG")
"""Beginnings of variables that Python reads while it starts, which comes before any run here."""

_SERVER = Path(__file__).with_name("preloaded_server.py")


class Fork:
    """A run in a process and a session of its own; it is waited for as `subprocess.Popen` is.

    Attributes:
        pid: its process id.
        returncode: its exit code as `subprocess` gives it, None until its end was noticed.
        usage: what it took, None until then.
        stdout: the end of the pipe that it writes to, if it was given one.
        stderr: likewise.
    """

    def __init__(
        self,
        reports: socket.socket,
        stdout: IO[bytes] | None = None,
        stderr: IO[bytes] | None = None,
    ) -> None:
        self._reports = reports
        self.pid = int(_received(reports))
        self.returncode: int | None = None
        self.usage: resource.struct_rusage | None = None
        self.stdout = stdout
        self.stderr = stderr

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for i_o in (self.stdout, self.stderr):
            if i_o is not None:
                i_o.close()
        self.wait()

    def poll(self) -> int | None:
        """Give its exit code if it has ended."""
        return self._ended_within(0.0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; raises `subprocess.TimeoutExpired` if it does not come."""
        code = self._ended_within(timeout)
        if code is None:
            raise subprocess.TimeoutExpired("the run", timeout or 0.0)
        return code

    def communicate(self, timeout: float | None = None) -> tuple[bytes, bytes]:
        """Wait for its end; gives what is left in its pipes."""
        assert self.stdout is not None
        assert self.stderr is not None
        with ThreadPoolExecutor() as threads:
            out, err = (threads.submit(i_o.read) for i_o in (self.stdout, self.stderr))
            try:
                self.wait(timeout)
            finally:
                self.kill()
            return out.result(), err.result()

    def send_signal(self, signal_number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, signal_number)

    def terminate(self) -> None:
        """Ask it to end, unless it has."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it, unless it has ended."""
        self.send_signal(signal.SIGKILL)

    def _ended_within(self, seconds: float | None) -> int | None:
        if self.returncode is None and select.select([self._reports], [], [], seconds)[0]:
            with self._reports:
                status, usage = json.loads(_received(self._reports))
            self.usage = resource.struct_rusage(usage)
            self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode


Process: TypeAlias = subprocess.Popen[bytes] | Fork


class Resident:
    """A fork that is the command many times, one after the other, as long as nothing is left.

    Attributes:
        is_free: whether it can be started; a run that was given up on keeps it busy.
    """

    def __init__(self, process: Fork, runs: socket.socket) -> None:
        self._process, self._runs = process, runs
        self.is_free = True

    def start(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        streams: tuple[int, int, int],
    ) -> Self:
        """Start a run on these file descriptors."""
        self.is_free = False
        socket.send_fds(self._runs, [_request(command, env, cwd)], streams)
        return self

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end of the run; raises `subprocess.TimeoutExpired` if it does not come."""
        if not select.select([self._runs], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired("the run", timeout or 0.0)
        code, self.is_free = json.loads(_received(self._runs))
        return int(code)

    def kill(self) -> None:
        """End it, unless its run has ended and left nothing."""
        if not self.is_free:
            self.end()

    def end(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        self._runs.close()


class PreloadedCommand:
    """A process that waits to be forked; it ends with the one that started it."""

    def __init__(self) -> None:
        self._resident: Resident | None = None
        self._requests, theirs = _socket_pair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - this file
                [sys.executable, _SERVER, str(theirs.fileno())],
                env={"PATH": os.defpath},
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )

    def start(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        streams: tuple[int, int, int],
        without_root_rights: bool = False,
    ) -> Fork:
        """Start a run on these file descriptors."""
        request = _request(command, env, cwd, without_root_rights=without_root_rights)
        return Fork(self._sent(request, streams))

    def start_with_pipes(
        self, command: Sequence[str], *, env: Mapping[str, str], cwd: Path
    ) -> Fork:
        """Start a run that reads nothing, and whose stdout and stderr can be read."""
        (out, its_out), (err, its_err) = os.pipe(), os.pipe()
        with open(os.devnull, "rb") as nothing, open(its_out, "wb"), open(its_err, "wb"):  # noqa: PTH123 - devices
            request = _request(command, env, cwd, without_root_rights=False)
            reports = self._sent(request, (nothing.fileno(), its_out, its_err))
        return Fork(reports, open(out, "rb"), open(err, "rb"))  # noqa: PTH123 - as above

    def start_in_place(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        streams: tuple[int, int, int],
    ) -> Resident:
        """Start a run on these file descriptors where the one before it has ended."""
        if self._resident is not None:
            self._resident.kill()
        if self._resident is None or not self._resident.is_free:
            runs, its_runs = _socket_pair()
            with its_runs:
                self._resident = Resident(Fork(self._sent(b"{}", [its_runs.fileno()])), runs)
        return self._resident.start(command, env=env, cwd=cwd, streams=streams)

    def close(self) -> None:
        """End the process."""
        if self._resident is not None:
            self._resident.end()
        self._requests.close()
        self._process.terminate()
        self._process.wait()

    def _sent(self, request: bytes, descriptors: Sequence[int]) -> socket.socket:
        reports, theirs = _socket_pair()
        with theirs:
            socket.send_fds(self._requests, [request], [*descriptors, theirs.fileno()])
        return reports


@cache
def started() -> PreloadedCommand:
    """The one that all tests of a worker share."""
    preloaded = PreloadedCommand()
    atexit.register(preloaded.close)
    return preloaded


def can_run(command: Sequence[str], env: Mapping[str, str]) -> bool:
    """Whether a process that has loaded the command does what a new one would do."""
    read = (name for name in env if name.startswith(READ_BY_PYTHON) and name != ENCODING)
    starts_alike = "PATH" in env and not any(read)
    return starts_alike and sum(map(len, command)) < LARGEST // 2


def _request(command: Sequence[str], env: Mapping[str, str], cwd: Path, **how: bool) -> bytes:
    return json.dumps({"command": command, "env": env, "cwd": str(cwd), **how}).encode()


def _socket_pair() -> tuple[socket.socket, socket.socket]:
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def _received(reports: socket.socket) -> bytes:
    received = reports.recv(LARGEST)
    assert received, "the preloaded process has died"
    return received
