"""Runs the command in a fork of a process that has loaded it already.

Such a run is a process and a session of its own, with streams, environment, working folder,
signals and exit code of its own, and others may run beside it. It only saves what starting Python,
loading the command and preparing what it uses cost, which is most of a short run, and the teardown
of what was loaded. Tests that are about these, about how streams are set up, or about how much
memory a run takes, use the installed command instead.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import IO, Any, NoReturn, Self, TypeAlias

import time_machine

PACKAGES = ("ibkr_sync", "ibkr_sync_cli")
LOADED_WHEN_USED = (
    *("alembic.command", "alembic.autogenerate", "encodings.idna", "filelock", "pygments.lexers"),
    *("platformdirs", "pydantic.type_adapter", "rich.progress", "rich.table", "rich.traceback"),
    *("sqlalchemy.dialects.postgresql.psycopg", "sqlalchemy.dialects.sqlite", "typer.rich_utils"),
)
"""What the command loads that no module of ours names at its top."""

CALLS_BEFOREHAND = (
    *(
        ("get", "ES"),
        ("show", "ES"),
        ("show", "ES", "-f", "table"),
        ("next", "ES"),
        ("hours", "ES"),
    ),
    *(
        ("list",),
        ("changes",),
        ("history", "ES"),
        ("watchlist", "add", "ES"),
        ("watchlist", "list"),
    ),
    *(("refresh",), ("check",), ("runs",), ("config", "show"), ("--help",)),
)
"""Calls that have models, statements, formats and the sample prepared for those that follow."""

CLOCK = "IBKR_SYNC_TEST_CLOCK"
"""Names, in the environment of a run, the instant at which its clock starts."""

READ_BY_PYTHON = ("PYTHON", "LC_", "LANG")
"""Beginnings of variables that Python reads while it starts, which a fork does not."""

_LARGEST = 1 << 16


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


class PreloadedCommand:
    """A process that waits to be forked; it ends with the one that started it."""

    def __init__(self) -> None:
        self._requests, theirs = _socket_pair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - this file
                [sys.executable, __file__, str(theirs.fileno())],
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
    ) -> Fork:
        """Start a run on these file descriptors."""
        return Fork(self._requested(command, env, cwd, streams))

    def start_with_pipes(
        self, command: Sequence[str], *, env: Mapping[str, str], cwd: Path
    ) -> Fork:
        """Start a run that reads nothing, and whose stdout and stderr can be read."""
        (out, its_out), (err, its_err) = os.pipe(), os.pipe()
        with open(os.devnull, "rb") as nothing, open(its_out, "wb"), open(its_err, "wb"):  # noqa: PTH123 - devices
            reports = self._requested(command, env, cwd, (nothing.fileno(), its_out, its_err))
        return Fork(reports, open(out, "rb"), open(err, "rb"))  # noqa: PTH123 - as above

    def close(self) -> None:
        """End the process."""
        self._requests.close()
        self._process.terminate()
        self._process.wait()

    def _requested(
        self,
        command: Sequence[str],
        env: Mapping[str, str],
        cwd: Path,
        streams: tuple[int, int, int],
    ) -> socket.socket:
        """Request a run; gives where it is reported that it began, and how it ended."""
        request = json.dumps({"command": command, "env": env, "cwd": str(cwd)})
        reports, theirs = _socket_pair()
        with theirs:
            descriptors = [*streams, theirs.fileno()]
            socket.send_fds(self._requests, [request.encode()], descriptors)
        return reports


@cache
def started() -> PreloadedCommand:
    """The one that all tests of a worker share."""
    preloaded = PreloadedCommand()
    atexit.register(preloaded.close)
    return preloaded


def can_run(command: Sequence[str], env: Mapping[str, str]) -> bool:
    """Whether a fork does what a new process would do."""
    starts_alike = "PATH" in env and not any(name.startswith(READ_BY_PYTHON) for name in env)
    return starts_alike and sum(map(len, command)) < _LARGEST // 2


def _serve(requests: socket.socket) -> NoReturn:
    from ibkr_sync.catalogue import load_catalogue
    from shared_statements import share_statements

    for package in PACKAGES:
        for module in walk_packages(import_module(package).__path__, f"{package}."):
            if ".schema.migrations" not in module.name:  # alembic runs these itself
                import_module(module.name)
    for name in LOADED_WHEN_USED:
        import_module(name)
    load_catalogue()
    _keep_sample()
    _keep_commands()
    share_statements()
    _prepare()
    gc.collect()
    gc.freeze()
    _serve_runs(requests)


def _serve_runs(requests: socket.socket) -> NoReturn:
    ends, its_ends = os.pipe()
    os.set_blocking(its_ends, False)
    signal.set_wakeup_fd(its_ends)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    runs: dict[int, socket.socket] = {}
    while True:
        ready, _, _ = select.select([requests.fileno(), ends], [], [])
        if ends in ready:
            os.read(ends, _LARGEST)
            _report_ends(runs)
        if requests.fileno() in ready:
            request, descriptors, _, _ = socket.recv_fds(requests, _LARGEST, 4)
            if not request:
                os._exit(0)
            *streams, reports = descriptors
            child = os.fork()
            if child == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                for inherited in (requests, *runs.values()):
                    inherited.close()
                os.close(ends)
                os.close(its_ends)
                _run(streams, reports, **json.loads(request))
            for stream in streams:
                os.close(stream)
            runs[child] = socket.socket(fileno=reports)


def _report_ends(runs: dict[int, socket.socket]) -> None:
    while runs:
        child, status, usage = os.wait4(-1, os.WNOHANG)
        if not child:
            return
        with runs.pop(child) as reports, suppress(BrokenPipeError):  # nobody waits for it
            reports.send(json.dumps([status, list(usage)]).encode())


def _keep_sample() -> None:
    """Compute today's sample, which costs more than the rest of a run that asks for it."""
    from ibkr_sync.infrastructure.calendars import HolidayCalendar
    from ibkr_sync.infrastructure.replay import sample

    compute = sample.sample_recording
    of_day = cache(lambda today: compute(today, HolidayCalendar()))
    of_day(datetime.now(UTC).date())
    sample.sample_recording = lambda today, calendar: of_day(today)  # noqa: ARG005 - its name


def _keep_commands() -> None:
    """Build the commands, which typer does for each call anew."""
    from typer import main as typer_main

    from ibkr_sync_cli.app import app

    tree = typer_main.get_command(app)
    for name in tree.commands:  # type: ignore[attr-defined]
        tree.commands[name]  # type: ignore[attr-defined]
    typer_main.get_command = lambda typer_instance: tree  # noqa: ARG005 - its name


def _prepare() -> None:
    """Be the command a few times; calls in one process leave nothing behind for the next."""
    from ibkr_sync_cli.__main__ import main

    umask = os.umask(0)
    os.umask(umask)
    with (
        tempfile.TemporaryDirectory() as folder,
        Path(os.devnull).open("w", encoding="utf-8") as nowhere,
    ):
        os.environ["HOME"] = folder
        sys.stdout = sys.stderr = nowhere
        for arguments in CALLS_BEFOREHAND:
            sys.argv = ["ibkr-sync", "--profile", "demo", *arguments]
            with suppress(SystemExit):
                main()
    sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
    os.umask(umask)


def _run(
    streams: Sequence[int], reports: int, command: list[str], env: dict[str, str], cwd: str
) -> NoReturn:
    """Be the command, in the fork."""
    from ibkr_sync_cli.__main__ import main

    os.setsid()
    with socket.socket(fileno=reports) as began:
        began.send(str(os.getpid()).encode())
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin, sys.stdout, sys.stderr = _stream(0, "r"), _stream(1, "w"), _stream(2, "w")
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    if at := os.environ.pop(CLOCK, None):
        time_machine.travel(datetime.fromisoformat(at), tick=True).start()
    sys.argv = command
    code: object = 1
    try:
        main()
    except SystemExit as ending:
        code = ending.code
    except BaseException:  # noqa: BLE001 - as Python itself ends
        traceback.print_exc()
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 0)


def _stream(number: int, mode: str) -> Any:
    is_terminal = os.isatty(number)
    return open(
        number,
        mode,
        buffering=1 if is_terminal or number == 2 else -1,
        encoding="utf-8",
        errors="surrogateescape" if number < 2 else "backslashreplace",
        closefd=False,
    )


def _socket_pair() -> tuple[socket.socket, socket.socket]:
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def _received(reports: socket.socket) -> bytes:
    received = reports.recv(_LARGEST)
    assert received, "the preloaded process has died"
    return received


if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parents[1])
    _serve(socket.socket(fileno=int(sys.argv[1])))
