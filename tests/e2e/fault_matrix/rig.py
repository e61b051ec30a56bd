"""Runs the installed command against something that goes wrong, and checks what must hold.

Whatever happens to a run:

- nothing of the products that it was not asked for changes;
- the database is sound, and every reference in it is met;
- it ends with the exit code that is listed;
- its process is gone soon after the deadline that applies, and leaves none behind;
- it sends nothing but questions about reference data;
- it tells no password, no account id and no traceback, on its streams or in its log;
- the next run, with nothing going wrong, ends well and brings about what it would have brought
  about before. (It is made after every run that may have left more than its products. After
  others it is made once for all that left the same; `make torture` always makes it.)
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TypeAlias

from ibapi.server_versions import MAX_CLIENT_VER

from e2e.command_line import CommandLine, Ended, ended
from e2e.fault_matrix.lateness import latest_end, usual_duration
from e2e.fault_matrix.ordeals import INSTALLED, SETTINGS, Fate, Ordeal
from e2e.fault_matrix.processes import live
from e2e.fault_matrix.replies import recording
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
from e2e.gateways import SERVER_VERSION
from e2e.preloaded import Process
from gateway.faults import Fault
from gateway.server import ScriptedGateway
from ibkr_sync.infrastructure.replay.protocol.notices import ACCOUNTS
from thoroughness import EVERYTHING

SPOKEN = min(SERVER_VERSION, MAX_CLIENT_VER)
"""The server version that the gateway and the installed ibapi agree on."""

PROTOBUF_ROWS = 205
SPEAKS_PROTOBUF = SPOKEN >= PROTOBUF_ROWS

ALLOWED = frozenset((9, 49, 71, 91, 106))
"""The messages that may leave: contract details, time, start, market rule, cancel."""

NOTICED_WITHIN = 30.0
"""Seconds in which a server that has much to do notices that a run has died."""

_ALREADY_RUNNING = 75
_KILLED = frozenset((-signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT))
"""Exit codes of a process that could not tidy up."""

_CANNOT_TIDY_UP = _KILLED | {7}
"""Nor can one whose database takes nothing more; the next run closes what it left open."""

_OUTCOMES_OF_ENDED_RUNS = {"ok", "partial", "failed", "interrupted"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Endured:
    """How a run went."""

    run: Ended
    took: float
    cpu_seconds: float
    peak_megabytes: float
    gateway: ScriptedGateway | None
    log: str


Golden: TypeAlias = Callable[[Sequence[str]], dict[str, list[str]]]
"""What is known after an undisturbed run for some symbols."""

Recoveries: TypeAlias = dict[tuple[object, ...], dict[str, float]]
"""Seconds that undisturbed runs took: by store, start and question, and what they began with."""


class Rig:
    """A command, a database that holds several products, and a golden copy of what is to come.

    Args:
        golden: what is to come.
        recoveries: the undisturbed runs that were made so far.
    """

    def __init__(
        self,
        command: CommandLine,
        store: Store,
        golden: Golden,
        recoveries: Recoveries,
    ) -> None:
        self.command = command
        self.store = store
        self._golden = golden
        self._recoveries = recoveries
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
        gateway: ScriptedGateway | None = None,
        launcher: Sequence[str] | None = None,
        verbose: bool = True,
        during: Callable[[Process], None] | None = None,
        env: Mapping[str, str | None] | None = None,
    ) -> Endured:
        """Run the command on the store to its end, while `during` does something to it."""
        self.command.configure(_toml({**SETTINGS, **(settings or {})}))
        self._log.unlink(missing_ok=True)
        lived = live(
            [*(launcher or INSTALLED), *self.globals(verbose=verbose), *arguments],
            env=self.command.environment(env),
            cwd=self.command.cwd,
            during=during,
            may_fork=launcher is None,
        )
        return Endured(
            run=ended(lived.code, lived.out, lived.err),
            took=lived.took,
            cpu_seconds=lived.usage.ru_utime + lived.usage.ru_stime,
            peak_megabytes=lived.usage.ru_maxrss / 1024,
            gateway=gateway,
            log=self.logged(),
        )

    def logged(self) -> str:
        """What the last run has logged so far."""
        return self._log.read_text(encoding="utf-8") if self._log.exists() else ""

    def globals(self, *, verbose: bool) -> tuple[str, ...]:
        """Options of every run: the database, and mostly a log that keeps all there is."""
        log = ("-vv", "--log-format", "json", "--log-file", str(self._log))
        return ("--database", self.store.location, *(log if verbose else ()))

    def check(self, ordeal: Ordeal, endured: Endured, before: Tables) -> None:
        """Check all that must hold after a run."""
        self.check_run(ordeal, endured)
        self.check_database(ordeal, before)
        # A file that took nothing more may have others left beside it; a process that was
        # killed may have left anything.
        leaves_traces = _KILLED if self.store.is_server else _CANNOT_TIDY_UP
        if endured.run.code in leaves_traces:
            usual = self.recover(ordeal).took
        else:
            usual = self.recover_once(ordeal)
        self._refuse_lateness(ordeal, endured, usual)

    def check_run(self, ordeal: Ordeal, endured: Endured) -> None:
        """Check how the run ended, and what it sent and told."""
        assert endured.run.code in ordeal.codes, endured
        assert ordeal.message in endured.run.message, endured.run
        if ordeal.connections is not None:
            assert endured.gateway is not None
            assert endured.gateway.connections == ordeal.connections
        refuse_indiscretion(endured)
        refuse_forbidden_frames(endured.gateway)

    def check_database(self, ordeal: Ordeal, before: Tables) -> None:
        """Check that nothing changed but what may have, and that the database is sound."""
        self.store.refuse_damage()
        after = self.store.tables()
        matching = [symbol for symbol in ordeal.symbols if symbol not in ordeal.spared]
        of_named, of_others = split(after, matching)
        of_named_before, of_others_before = split(before, matching)
        assert without_shared(of_others) == without_shared(of_others_before)
        for name, rows in shared(of_others_before).items():
            if name == "schedules":  # a window that has rolled on for all goes away
                continue
            assert [row for row in rows if row not in of_others[name]] == [], name
        is_old = of_named == of_named_before
        if ordeal.fate is Fate.UNCHANGED:
            assert is_old, "the products changed"
        elif ordeal.fate is Fate.RENEWED:
            assert contents(after) == self._golden(matching)
        elif ordeal.fate is Fate.OLD_OR_NEW and not is_old:
            some = (
                combination
                for count in range(1, len(matching) + 1)
                for combination in combinations(matching, count)
            )
            assert any(contents(after) == self._golden(pair) for pair in some)
        if not _CANNOT_TIDY_UP & ordeal.codes:
            assert _run_outcomes(after) <= _OUTCOMES_OF_ENDED_RUNS

    def recover(self, ordeal: Ordeal) -> Endured:
        """Run with nothing going wrong: that ends well, and leaves what it always leaves."""
        with gateway_with() as gateway:
            again = asking(ordeal.symbols, gateway.port, ordeal.command)
            launcher = ordeal.launcher and INSTALLED
            endured = self.run(*again, gateway=gateway, launcher=launcher)
            deadline = time.monotonic() + NOTICED_WITHIN
            while endured.run.code == _ALREADY_RUNNING and time.monotonic() < deadline:
                assert _KILLED & ordeal.codes, endured
                endured = self.run(*again, gateway=gateway, launcher=launcher)
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

    def recover_once(self, ordeal: Ordeal) -> float:
        """Recover, unless that was seen already with the same products in the same state.

        Gives the seconds that a run with nothing going wrong takes.
        """
        if EVERYTHING:
            return self.recover(ordeal).took
        tables = self.store.tables()
        state = f"{sorted(_run_outcomes(tables))} {contents(tables)}"
        is_fork = ordeal.launcher is None
        asked = (self.store.is_server, is_fork, ordeal.command, *ordeal.symbols)
        seen = self._recoveries.setdefault(asked, {})
        if state in seen:
            return usual_duration(seen.values())
        seen[state] = self.recover(ordeal).took
        return seen[state]

    def _refuse_lateness(self, ordeal: Ordeal, endured: Endured, usual: float) -> None:
        if endured.took > latest_end(ordeal.seconds, usual):  # is the machine busier by now?
            usual = max(usual, *(self.recover(ordeal).took for _ in range(2)))
        message = (
            f"took {endured.took:.1f} s where an undisturbed run takes {usual:.1f} s: {endured}"
        )
        assert endured.took <= latest_end(ordeal.seconds, usual), message


def gateway_with(*faults: Fault, **options: object) -> ScriptedGateway:
    """A gateway with the sample and these faults, which announces an account."""
    options = {"server_version": SERVER_VERSION} | options
    return ScriptedGateway(recording(), faults=faults, **options)  # type: ignore[arg-type]


def asking(symbols: Sequence[str], port: int, command: str = "get") -> list[str]:
    """Arguments with which a gateway is asked for products."""
    return [command, *symbols, "--source", "ibkr", "--port", str(port)]


def refuse_indiscretion(endured: Endured) -> None:
    """Fail if a run told what nobody may know, or what only developers understand."""
    message = endured.run.out + endured.run.err + endured.log
    for secret in (SECRET, ACCOUNTS, "Traceback"):
        assert secret not in message, secret


def refuse_forbidden_frames(gateway: ScriptedGateway | None) -> None:
    """Fail if a client sent anything but questions about reference data."""
    frames = gateway.frames if gateway is not None else ()
    sent = {frame.fields[0] for frame in frames if frame.fields[0] != "API"}
    assert {int(text) for text in sent} <= ALLOWED | {number + 200 for number in ALLOWED}


def _run_outcomes(tables: Tables) -> set[str]:
    return {run["outcome"].value for run in tables["sync_runs"]}


def _toml(settings: Mapping[str, float]) -> str:
    return "\n".join(["[gateway]", *(f"{key} = {value}" for key, value in settings.items())])


def file_store(folder: Path) -> Store:
    """A store in a file that does not exist yet."""
    return Store(str(folder / "futures.db"))
