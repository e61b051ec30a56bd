"""Runs the command in a fork of a process that has loaded it already.

Such a run is a process of its own, with streams, environment, working folder, signals and exit
code of its own. It only saves what starting Python, loading the command and preparing what it uses
cost, which is most of a short run, and the teardown of what was loaded. Tests that are about
these, and about how streams are set up, use the installed command instead.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any, NoReturn

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

READ_BY_PYTHON = ("PYTHON", "LC_", "LANG")
"""Beginnings of variables that Python reads while it starts, which a fork does not."""

_LARGEST = 1 << 16


class PreloadedCommand:
    """A process that waits to be forked; it ends with the one that started it."""

    def __init__(self) -> None:
        self._requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
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
    ) -> None:
        """Start a run on these file descriptors; the run before it must have ended."""
        request = json.dumps({"command": command, "env": env, "cwd": str(cwd)})
        socket.send_fds(self._requests, [request.encode()], streams)

    def wait(self, seconds: float) -> int:
        """Wait for the run's end; gives its exit code as `subprocess` does."""
        self._requests.settimeout(seconds)
        try:
            return int(self._requests.recv(_LARGEST))
        except TimeoutError:
            started.cache_clear()
            self.close()
            raise

    def close(self) -> None:
        """End the process."""
        self._requests.close()
        self._process.terminate()
        self._process.wait()


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
    while True:
        request, streams, _, _ = socket.recv_fds(requests, _LARGEST, 3)
        if not request:
            os._exit(0)
        child = os.fork()
        if child == 0:
            requests.close()
            _run(streams, **json.loads(request))
        for each in streams:
            os.close(each)
        _, status = os.waitpid(child, 0)
        requests.send(str(os.waitstatus_to_exitcode(status)).encode())


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


def _run(streams: Sequence[int], command: list[str], env: dict[str, str], cwd: str) -> NoReturn:
    """Be the command, in the fork."""
    from ibkr_sync_cli.__main__ import main

    for number, each in enumerate(streams):
        os.dup2(each, number)
        os.close(each)
    sys.stdin, sys.stdout, sys.stderr = _stream(0, "r"), _stream(1, "w"), _stream(2, "w")
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
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


if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parents[1])
    _serve(socket.socket(fileno=int(sys.argv[1])))
