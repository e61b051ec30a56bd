"""Runs the installed command against something that goes wrong, and checks what must hold.

Whatever happens to a run:

- nothing of the products that it was not asked for changes;
- the database is sound, and every reference in it is met;
- it ends with the exit code that is listed;
- its process is gone soon after the deadline that applies, and leaves none behind;
- it sends nothing but questions about reference data;
- it tells no password, no account id and no traceback, on its streams or in its log;
- the next run, with nothing going wrong, ends well and brings about what it would have brought
  about before.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from itertools import combinations
from pathlib import Path

from ibapi.server_versions import MAX_CLIENT_VER

from e2e.command_line import COMMAND, CommandLine, Ended, ended
from e2e.fault_matrix.stores import (
    SECRET,
    Store,
    Tables,
    contents,
    current,
    shared,
    split,
    without_shared,
)
from e2e.gateways import SERVER_VERSION, sample
from ibkr_sync.infrastructure.replay.faults import Fault
from ibkr_sync.infrastructure.replay.server import ReplayGateway

ACCOUNT = "DU7654321"
"""What the gateways of these tests announce, and no run may ever tell."""

SPOKEN = min(SERVER_VERSION, MAX_CLIENT_VER)
"""The server version that the gateway and the installed ibapi agree on."""

PROTOBUF_ROWS = 205
SPEAKS_PROTOBUF = SPOKEN >= PROTOBUF_ROWS

GRACE = 5.0
"""Seconds after its deadline by which a process is gone; starting Python is part of it."""

HANGS_AFTER = 90.0

START_UP = 2.0
"""Seconds that the command may take besides waiting, on a busy machine."""

ALLOWED = frozenset((9, 49, 71, 91, 106))
"""The messages that may leave: contract details, time, start, market rule, cancel."""

SETTINGS: Mapping[str, float] = {
    "connect_timeout": 1,
    "handshake_timeout": 1,
    "idle_timeout": 1,
    "total_timeout": 4,
    "run_timeout": 30,
    "client_id_tries": 3,
}
"""For gateways that keep their clients waiting."""

_ALREADY_RUNNING = 75
_KILLED = frozenset((-signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT))
"""Exit codes of a process that could not tidy up."""

_CANNOT_TIDY_UP = _KILLED | {7}
"""Nor can one whose database takes nothing more; the next run closes what it left open."""

_OUTCOMES_OF_ENDED_RUNS = {"ok", "partial", "failed", "interrupted"}


class Fate(Enum):
    """What becomes of the products that were asked for."""

    UNCHANGED = auto()
    RENEWED = auto()
    OLD_OR_NEW = auto()
    OTHERWISE = auto()
    """Renewed, with other values than the sample's; the test looks at them itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordeal:
    """What a run goes through, and how it is to end.

    Attributes:
        code: the exit code.
        told: what stderr says, among other things.
        seconds: the deadline that applies.
        fate: what becomes of the products that were asked for, but for those `spared`.
        spared: of these nothing changes.
        command: what asks, get or refresh.
        connections: how many the gateway sees; None is any number.
        settings: of `[gateway]`, beside SETTINGS.
        launcher: what runs the command; itself, if nothing is done to its process.
        during: what is done to the process while it runs.
        verbose: whether it logs all there is.
        gateway: options of the gateway.
    """

    faults: Sequence[Fault] = ()
    code: int | frozenset[int] = 0
    told: str = ""
    fate: Fate = Fate.UNCHANGED
    symbols: Sequence[str] = ("ES",)
    spared: Sequence[str] = ()
    options: Sequence[str] = ()
    command: str = "get"
    connections: int | None = None
    seconds: float = 6.0
    settings: Mapping[str, float] = field(default_factory=dict)
    launcher: Sequence[str] = (str(COMMAND),)
    during: Callable[[subprocess.Popen[bytes], ReplayGateway], None] | None = None
    verbose: bool = True
    gateway: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endured:
    """How a run went."""

    run: Ended
    took: float
    cpu_seconds: float
    peak_megabytes: float
    gateway: ReplayGateway | None
    log: str


class Rig:
    """A command, a database that holds several products, and a golden copy of what is to come.

    Args:
        golden: gives what is known after an undisturbed run for some symbols.
    """

    def __init__(
        self,
        command: CommandLine,
        store: Store,
        golden: Callable[[Sequence[str]], dict[str, list[str]]],
    ) -> None:
        self.command = command
        self.store = store
        self._golden = golden
        self._log = command.cwd / "run.log"

    def endure(self, ordeal: Ordeal) -> Endured:
        """Run against a gateway with these faults, and check all that must hold."""
        before = self.store.tables()
        endured = self.attempt(ordeal)
        self.check(ordeal, endured, before)
        return endured

    def attempt(self, ordeal: Ordeal) -> Endured:
        """Run against a gateway with these faults; nothing is checked yet."""
        during = ordeal.during
        with gateway_with(*ordeal.faults, **ordeal.gateway) as gateway:
            return self.run(
                *asking(ordeal.symbols, gateway.port, ordeal.command),
                *ordeal.options,
                settings=ordeal.settings,
                gateway=gateway,
                launcher=ordeal.launcher,
                verbose=ordeal.verbose,
                during=None if during is None else lambda process: during(process, gateway),
            )

    def run(
        self,
        *arguments: str,
        settings: Mapping[str, float] | None = None,
        gateway: ReplayGateway | None = None,
        launcher: Sequence[str] = (str(COMMAND),),
        verbose: bool = True,
        during: Callable[[subprocess.Popen[bytes]], None] | None = None,
        env: Mapping[str, str | None] | None = None,
    ) -> Endured:
        """Run the command on the store to its end, while `during` does something to it."""
        self.command.configure(_toml(SETTINGS | dict(settings or {})))
        self._log.unlink(missing_ok=True)
        began = time.monotonic()
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            process = subprocess.Popen(  # noqa: S603 - our own command
                [*launcher, *self.globals(verbose=verbose), *arguments],
                env=self.command.environment(env),
                cwd=self.command.cwd,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
            hangs = threading.Timer(HANGS_AFTER, process.kill)
            hangs.start()
            try:
                if during is not None:
                    during(process)
                _, status, usage = os.wait4(process.pid, 0)
            finally:
                hangs.cancel()
                process.returncode = os.waitstatus_to_exitcode(status)
            took = time.monotonic() - began
            _refuse_orphans(process.pid)
            run = ended(process.returncode, _content(out), _content(err))
        return Endured(
            run=run,
            took=took,
            cpu_seconds=usage.ru_utime + usage.ru_stime,
            peak_megabytes=usage.ru_maxrss / 1024,
            gateway=gateway,
            log=self._log.read_text(encoding="utf-8") if self._log.exists() else "",
        )

    def globals(self, *, verbose: bool) -> tuple[str, ...]:
        """Options of every run: the database, and mostly a log that keeps all there is."""
        log = ("-vv", "--log-format", "json", "--log-file", str(self._log))
        return ("--database", self.store.location, *(log if verbose else ()))

    def check(self, ordeal: Ordeal, endured: Endured, before: Tables) -> None:
        """Check all that must hold after a run."""
        self.check_run(ordeal, endured)
        self.check_database(ordeal, before)
        self.recover(ordeal)

    def check_run(self, ordeal: Ordeal, endured: Endured) -> None:
        """Check how the run ended, in what time, and what it sent and told."""
        assert endured.run.code in _codes(ordeal), endured
        assert ordeal.told in endured.run.told, endured.run
        assert endured.took < ordeal.seconds + GRACE, endured
        if ordeal.connections is not None:
            assert endured.gateway is not None
            assert endured.gateway.connections == ordeal.connections
        refuse_indiscretion(endured)
        refuse_forbidden_frames(endured.gateway)

    def check_database(self, ordeal: Ordeal, before: Tables) -> None:
        """Check that nothing changed but what may have, and that the database is sound."""
        self.store.refuse_damage()
        after = self.store.tables()
        meant = [each for each in ordeal.symbols if each not in ordeal.spared]
        of_meant, of_others = split(after, meant)
        of_meant_before, of_others_before = split(before, meant)
        assert without_shared(of_others) == without_shared(of_others_before)
        for name, rows in shared(of_others_before).items():
            assert [row for row in rows if row not in of_others[name]] == [], name
        is_old = of_meant == of_meant_before
        if ordeal.fate is Fate.UNCHANGED:
            assert is_old, "the products changed"
        elif ordeal.fate is Fate.RENEWED:
            assert contents(after) == self._golden(meant)
        elif ordeal.fate is Fate.OLD_OR_NEW and not is_old:
            some = (
                each for count in range(1, len(meant) + 1) for each in combinations(meant, count)
            )
            assert any(contents(after) == self._golden(each) for each in some)
        if not _CANNOT_TIDY_UP & _codes(ordeal):
            assert _run_outcomes(after) <= _OUTCOMES_OF_ENDED_RUNS

    def recover(self, ordeal: Ordeal) -> Endured:
        """Run with nothing going wrong: that ends well, and leaves what it always leaves."""
        with gateway_with() as gateway:
            again = asking(ordeal.symbols, gateway.port, ordeal.command)
            endured = self.run(*again, gateway=gateway)
            deadline = time.monotonic() + GRACE
            # A server may take a moment to notice that a run has died.
            while endured.run.code == _ALREADY_RUNNING and time.monotonic() < deadline:
                assert _KILLED & _codes(ordeal), endured
                endured = self.run(*again, gateway=gateway)
        assert endured.run.code == 0, endured
        refuse_indiscretion(endured)
        refuse_forbidden_frames(gateway)
        self.store.refuse_damage()
        tables = self.store.tables()
        reached, known = contents(tables), self._golden(ordeal.symbols)
        if ordeal.fate is Fate.OTHERWISE:  # the detour is history
            reached, known = current(reached), current(known)
        assert reached == known
        assert _run_outcomes(tables) <= _OUTCOMES_OF_ENDED_RUNS
        return endured


def gateway_with(*faults: Fault, **options: object) -> ReplayGateway:
    """A gateway with the sample and these faults, which announces an account."""
    options = {"server_version": SERVER_VERSION, "accounts": ACCOUNT} | options
    return ReplayGateway(sample(), faults=faults, **options)  # type: ignore[arg-type]


def asking(symbols: Sequence[str], port: int, command: str = "get") -> list[str]:
    """Arguments with which a gateway is asked for products."""
    return [command, *symbols, "--source", "ibkr", "--port", str(port)]


def refuse_indiscretion(endured: Endured) -> None:
    """Fail if a run told what nobody may know, or what only developers understand."""
    told = endured.run.out + endured.run.err + endured.log
    for secret in (SECRET, ACCOUNT, "Traceback"):
        assert secret not in told, secret


def refuse_forbidden_frames(gateway: ReplayGateway | None) -> None:
    """Fail if a client sent anything but questions about reference data."""
    frames = gateway.frames if gateway is not None else ()
    sent = {frame.fields[0] for frame in frames if frame.fields[0] != "API"}
    assert {int(each) for each in sent} <= ALLOWED | {each + 200 for each in ALLOWED}


def _codes(ordeal: Ordeal) -> frozenset[int]:
    return ordeal.code if isinstance(ordeal.code, frozenset) else frozenset((ordeal.code,))


def _run_outcomes(tables: Tables) -> set[str]:
    return {run["outcome"].value for run in tables["sync_runs"]}


def _refuse_orphans(group: int) -> None:
    """Fail if a process that the run began is still there."""
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
        raise AssertionError("the run left a process behind")


def _toml(settings: Mapping[str, float]) -> str:
    return "\n".join(["[gateway]", *(f"{key} = {value}" for key, value in settings.items())])


def _content(file: object) -> bytes:
    file.seek(0)  # type: ignore[attr-defined]
    content: bytes = file.read()  # type: ignore[attr-defined]
    return content


def file_store(folder: Path) -> Store:
    """A store in a file that does not exist yet."""
    return Store(str(folder / "futures.db"))
