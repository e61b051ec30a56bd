"""A process that is stopped or killed, wherever it is, leaves every product old or new."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

import pytest

from e2e.command_line import wait_until
from e2e.fault_matrix.ordeals import INSTALLED, Fate, Ordeal
from e2e.fault_matrix.processes import send
from e2e.fault_matrix.rig import Rig
from e2e.preloaded import Process
from gateway.server import ScriptedGateway
from thoroughness import how_many, seeded

KILLED, STOPPED = -signal.SIGKILL, {signal.SIGTERM: 143, signal.SIGINT: 130}

During = Callable[[Process, ScriptedGateway], None]


def points(purpose: str, count: int) -> list[float]:
    """Seconds, below 1, after which something is done."""
    chance = seeded(purpose)
    return [round(chance.uniform(0.0, 0.9), 3) for _ in range(count)]


def after_start(seconds: float, signal_number: int) -> During:
    """Send a signal so long after the process was started."""

    def act(process: Process, _: ScriptedGateway) -> None:
        time.sleep(seconds)
        send(process, signal_number)

    return act


def after_asking(seconds: float, signal_number: int) -> During:
    """Send a signal so long after the first message reached the gateway."""

    def act(process: Process, gateway: ScriptedGateway) -> None:
        wait_until(lambda: gateway.connections)
        time.sleep(seconds)
        send(process, signal_number)

    return act


@pytest.mark.parametrize("seconds", points("kill after start", how_many(2, 100)))
def test_a_run_killed_at_any_moment_leaves_each_product_old_or_new(
    rig: Rig, seconds: float
) -> None:
    killing = after_start(seconds, signal.SIGKILL)
    starting_anew = Ordeal(
        code=frozenset((KILLED, 0)), fate=Fate.OLD_OR_NEW, during=killing, launcher=INSTALLED
    )
    rig.endure(starting_anew)


@pytest.mark.representative
@pytest.mark.parametrize("seconds", points("kill after asking", how_many(2, 100)))
def test_a_run_killed_while_a_reply_is_taken_in_leaves_each_product_old_or_new(
    rig: Rig, seconds: float
) -> None:
    killing = after_asking(seconds / 4, signal.SIGKILL)
    rig.endure(Ordeal(code=frozenset((KILLED, 0)), fate=Fate.OLD_OR_NEW, during=killing))


@pytest.mark.parametrize("seconds", points("stop", how_many(2, 100)))
def test_a_run_stopped_at_any_moment_ends_in_order(rig: Rig, seconds: float) -> None:
    """Before our code runs and once it is done the signal kills; later it comes too late.

    What Ctrl-C does before our code runs is Python's own.
    """
    codes = frozenset((STOPPED[signal.SIGTERM], -signal.SIGTERM, 0))
    stopping = after_start(seconds, signal.SIGTERM)
    rig.endure(
        Ordeal(
            code=codes,
            fate=Fate.OLD_OR_NEW,
            during=stopping,
            seconds=seconds,
            launcher=INSTALLED,
        )
    )


@pytest.mark.parametrize("signal_number", STOPPED)
@pytest.mark.parametrize("seconds", points("stop after asking", how_many(1, 50)))
def test_a_run_stopped_while_a_reply_is_taken_in_ends_in_order(
    rig: Rig, seconds: float, signal_number: signal.Signals
) -> None:
    codes = frozenset((STOPPED[signal_number], -signal_number, 0))
    stopping = after_asking(seconds / 4, signal_number)
    rig.endure(Ordeal(code=codes, fate=Fate.OLD_OR_NEW, during=stopping, seconds=seconds / 4))
