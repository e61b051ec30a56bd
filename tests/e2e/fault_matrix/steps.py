"""The statements and commits of a run, and what may happen to others while it halts at one."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path

from e2e.fault_matrix.launchers import stepping
from e2e.fault_matrix.ordeals import Ordeal
from e2e.fault_matrix.processes import send
from e2e.fault_matrix.rig import Rig
from e2e.preloaded import Process
from gateway.server import ScriptedGateway
from thoroughness import how_many, seeded

During = Callable[[Process, ScriptedGateway], None]


_KNOWN: dict[bool, list[str]] = {}
"""The steps on a file and on a server, which are the same each time."""


def steps_of(rig: Rig, folder: Path) -> list[str]:
    """The steps of a run with which nothing goes wrong, each by its first word."""
    if rig.store.is_server not in _KNOWN:
        steps = folder / "steps"
        ordeal = Ordeal(launcher=stepping("list", steps))
        rig.check_run(ordeal, rig.attempt(ordeal))
        _KNOWN[rig.store.is_server] = steps.read_text(encoding="ascii").splitlines()
    return _KNOWN[rig.store.is_server]


def some_steps(count: int, purpose: str) -> Sequence[int]:
    """Numbers of steps, from 1, others for every purpose; all of them in a torture."""
    wanted = how_many(2, count)
    return sorted(seeded(purpose).sample(range(1, count + 1), wanted))


def while_halted(act: Callable[[], None]) -> During:
    """Act once the run halts, and let it go on; unless it ends before."""

    def during(process: Process, _: ScriptedGateway) -> None:
        wanted = os.WSTOPPED | os.WEXITED | os.WNOWAIT
        message = os.waitid(os.P_PID, process.pid, wanted)
        if message is not None and message.si_code == os.CLD_STOPPED:
            act()
            send(process, signal.SIGCONT)

    return during
