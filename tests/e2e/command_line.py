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
from e2e.one_run import ENCODING
from e2e.preloaded import Process, Resident

COMMAND = Path(sysconfig.get_path("scripts")) / "ibkr-sync"

FAIL_AFTER = 60.0
"""Seconds after which a run counts as hanging."""

_RAW_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

_FRAMES = dict.fromkeys(map(ord, "╭─╮│╰╯"), " ")


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
        stdin: bytes = b"",
        stdout: IO[bytes] | None = None,
        without_root_rights: bool = False,
    ) -> Ended:
        """Run to the end; what a run writes to another stdout is not given back."""
        command = [str(COMMAND), *map(str, arguments)]
        with (
            tempfile.TemporaryFile() as given,
            tempfile.TemporaryFile() as out,
            tempfile.TemporaryFile() as err,
        ):
            given.write(stdin)
            given.seek(0)
            streams = (given.fileno(), (stdout or out).fileno(), err.fileno())
            run = self._start_on(streams, command, env, without_root_rights=without_root_rights)
            try:
                code = run.wait(FAIL_AFTER)
            finally:
                run.kill()
            out.seek(0)
            err.seek(0)
            encoding = (env or {}).get(ENCODING) or "utf-8"
            return ended(code, out.read(), err.read(), arguments, encoding=encoding)

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
        process = self._start_on((theirs, theirs, theirs), command, env)
        os.close(theirs)
        sent = b"".join(iter(lambda: _read(ours), b""))
        os.close(ours)
        text = sent.decode(env.get(ENCODING) or "utf-8")
        return process.wait(FAIL_AFTER), text.replace("\r\n", "\n")

    def configure(self, text: str) -> Path:
        """Write the config file of the working folder."""
        path = self.cwd / "ibkr-sync.toml"
        path.write_text(text, encoding="utf-8")
        return path

    def environment(self, extra: Mapping[str, str | None] | None = None) -> dict[str, str]:
        """Nothing but a home and a path, as from cron; what is extra as None is left out."""
        known = {"HOME": str(self.home), "PATH": os.defpath} | dict(extra or {})
        return {name: value for name, value in known.items() if value is not None}

    def _start_on(
        self,
        streams: tuple[int, int, int],
        command: Sequence[str],
        env: Mapping[str, str | None] | None,
        *,
        without_root_rights: bool = False,
    ) -> Process | Resident:
        known = self.environment(env)
        if self.way is Way.INSTALLED or not preloaded.can_run(command, known):
            assert not without_root_rights
            stdin, stdout, stderr = streams
            return subprocess.Popen(  # noqa: S603 - our own command
                command, env=known, cwd=self.cwd, stdin=stdin, stdout=stdout, stderr=stderr
            )
        process = preloaded.started()
        if without_root_rights or self.way is Way.FORK:
            return process.start(
                command,
                env=known,
                cwd=self.cwd,
                streams=streams,
                without_root_rights=without_root_rights,
            )
        return process.start_in_place(command, env=known, cwd=self.cwd, streams=streams)

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
