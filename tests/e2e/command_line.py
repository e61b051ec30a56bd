"""Runs the installed command as a shell or cron does, each time in a world of its own."""

from __future__ import annotations

import csv
import fcntl
import io
import json
import os
import pty
import re
import struct
import subprocess
import sys
import sysconfig
import tempfile
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import IO, Any

from e2e import preloaded
from e2e.preloaded import Fork, Process, Resident

COMMAND = Path(sysconfig.get_path("scripts")) / "ibkr-sync"

FAIL_AFTER = 60.0
"""Seconds after which a run counts as hanging."""

_RAW_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

_FRAMES = dict.fromkeys(map(ord, "╭─╮│╰╯"), " ")

_WITHOUT_ROOT_RIGHTS = """
import ctypes, os, sys
libc, drop_from_bounding_set = ctypes.CDLL(None), 24
for overriding_permissions in (1, 2):
    libc.prctl(drop_from_bounding_set, overriding_permissions, 0, 0, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Root ignores file permissions; without these two capabilities it heeds its own as others do."""


class Way(Enum):
    """How the command is run where a test does not ask for a process.

    Attributes:
        IN_PLACE: where runs before it ended, in a process that has loaded the command.
        FORK: in a fork of such a process.
        INSTALLED: as it is installed.
    """

    IN_PLACE = auto()
    FORK = auto()
    INSTALLED = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What a run left: its exit code, stdout and stderr."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Stdout as one JSON value."""
        assert self.out, self
        return json.loads(self.out)

    @property
    def message(self) -> str:
        """Stderr without line breaks and frames, which depend on the terminal's width."""
        return " ".join(self.err.translate(_FRAMES).split())

    def rows(self, delimiter: str = ",") -> list[dict[str, str]]:
        """Stdout as a table with a header line."""
        return list(csv.DictReader(io.StringIO(self.out), delimiter=delimiter))


class CommandLine:
    """The command with a home, a working folder and an environment that nobody else uses.

    Whatever a run is for, it may show no traceback and send a terminal no control character
    that is not its own; both are checked on every run.

    Args:
        folder: where the home and the working folder are made.
        way: how a run is made, where nothing about it makes a process necessary.
    """

    def __init__(self, folder: Path, *, way: Way = Way.IN_PLACE) -> None:
        self.way = way
        self.home = folder / "home"
        self.cwd = folder / "work"
        self.home.mkdir(parents=True)
        self.cwd.mkdir()

    def __call__(
        self,
        *arguments: str | Path,
        env: Mapping[str, str | None] | None = None,
        stdout: int | IO[bytes] = subprocess.PIPE,
        without_root_rights: bool = False,
    ) -> Ended:
        """Run to the end."""
        command = [str(COMMAND), *map(str, arguments)]
        if (
            stdout == subprocess.PIPE
            and not without_root_rights
            and self._is_preloaded(command, env)
        ):
            return self._run_preloaded(command, env)
        if without_root_rights:
            command = [sys.executable, "-c", _WITHOUT_ROOT_RIGHTS, *command]
        done = subprocess.run(  # noqa: S603 - our own command
            command,
            env=self.environment(env),
            cwd=self.cwd,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            timeout=FAIL_AFTER,
            check=False,
        )
        encoding = (env or {}).get("PYTHONIOENCODING") or "utf-8"
        return ended(done.returncode, done.stdout or b"", done.stderr, arguments, encoding=encoding)

    @contextmanager
    def running(
        self, *arguments: str | Path, env: Mapping[str, str | None] | None = None
    ) -> Iterator[Process]:
        """Start a run; it is killed at the end if it has not ended by then."""
        with self._start([str(COMMAND), *map(str, arguments)], self.environment(env)) as process:
            try:
                yield process
            finally:
                process.kill()

    def on_terminal(
        self,
        *arguments: str | Path,
        env: Mapping[str, str | None] | None = None,
        columns: int = 80,
    ) -> tuple[int, str]:
        """Run on a terminal; gives the exit code and all that the terminal was sent."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        command = [str(COMMAND), *map(str, arguments)]
        env = {"TERM": "xterm-256color"} | dict(env or {})
        process: Process | Resident
        if self._is_preloaded(command, env):
            process = self._start_preloaded(command, env, (theirs, theirs, theirs))
        else:
            process = subprocess.Popen(  # noqa: S603 - our own command
                command,
                env=self.environment(env),
                cwd=self.cwd,
                stdin=theirs,
                stdout=theirs,
                stderr=theirs,
            )
        os.close(theirs)
        sent = b"".join(iter(lambda: _read(ours), b""))
        os.close(ours)
        return process.wait(FAIL_AFTER), sent.decode().replace("\r\n", "\n")

    def configure(self, text: str) -> Path:
        """Write the config file of the working folder."""
        path = self.cwd / "ibkr-sync.toml"
        path.write_text(text, encoding="utf-8")
        return path

    def environment(self, extra: Mapping[str, str | None] | None = None) -> dict[str, str]:
        """Nothing but a home and a path, as from cron; what is extra as None is left out."""
        known = {"HOME": str(self.home), "PATH": os.defpath} | dict(extra or {})
        return {name: value for name, value in known.items() if value is not None}

    def _is_preloaded(self, command: Sequence[str], env: Mapping[str, str | None] | None) -> bool:
        return self.way is not Way.INSTALLED and preloaded.can_run(command, self.environment(env))

    def _run_preloaded(self, command: Sequence[str], env: Mapping[str, str | None] | None) -> Ended:
        with (
            open(os.devnull, "rb") as nothing,  # noqa: PTH123 - a device
            tempfile.TemporaryFile() as out,
            tempfile.TemporaryFile() as err,
        ):
            streams = (nothing.fileno(), out.fileno(), err.fileno())
            run = self._start_preloaded(command, env, streams)
            try:
                code = run.wait(FAIL_AFTER)
            finally:
                run.kill()
            out.seek(0)
            err.seek(0)
            return ended(code, out.read(), err.read(), command[1:])

    def _start_preloaded(
        self,
        command: Sequence[str],
        env: Mapping[str, str | None] | None,
        streams: tuple[int, int, int],
    ) -> Fork | Resident:
        process = preloaded.started()
        start = process.start if self.way is Way.FORK else process.start_in_place
        return start(command, env=self.environment(env), cwd=self.cwd, streams=streams)

    def _start(self, command: Sequence[str], env: Mapping[str, str]) -> Process:
        if self.way is not Way.INSTALLED and preloaded.can_run(command, env):
            return preloaded.started().start_with_pipes(command, env=env, cwd=self.cwd)
        return subprocess.Popen(  # noqa: S603 - our own command
            command,
            env=env,
            cwd=self.cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )


def ended(
    code: int,
    out: bytes,
    err: bytes,
    arguments: Sequence[str | Path] = (),
    *,
    encoding: str = "utf-8",
) -> Ended:
    """What a run left, after checking what no run may show."""
    run = Ended(code=code, out=out.decode(encoding), err=err.decode(encoding))
    message = f"exit code {code}\n{run.out}\n{run.err}"
    if "--debug" not in arguments:
        assert "Traceback" not in message, message
    raw = _RAW_CONTROL.search(run.out + run.err)
    assert raw is None, f"{raw!r} in {message!r}"
    return run


def finish(process: Process) -> Ended:
    """Wait for the end of a run that was started."""
    out, err = process.communicate(timeout=FAIL_AFTER)
    return ended(process.wait(), out, err)


def wait_until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Look every few milliseconds whether the condition holds; fail when it never does."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came about"
        time.sleep(0.02)


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 1 << 16)
    except OSError:  # how Linux tells that the other side is closed
        return b""
