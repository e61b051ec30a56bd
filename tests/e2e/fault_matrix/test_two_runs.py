"""Of two runs on one database one works, and the other ends at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from datetime import UTC, datetime

import pytest

from e2e.command_line import COMMAND, Ended, ended
from e2e.fault_matrix.lateness import latest_end
from e2e.fault_matrix.ordeals import INSTALLED, Fate, Ordeal
from e2e.fault_matrix.processes import Lived, live
from e2e.fault_matrix.rig import Rig, asking, gateway_with
from gateway.server import ScriptedGateway
from thoroughness import how_many, seeded

AT_MOST = 30.0
"""Seconds for which the run that works is kept from ending."""

TOGETHER = 0.01
"""Seconds between two starts at most."""


def waiting_for(event: threading.Event) -> Callable[[], datetime]:
    """A clock for a gateway, which looks at it before it answers anything."""

    def look() -> datetime:
        event.wait(AT_MOST)
        return datetime.now(UTC)

    return look


def run_twice(
    rig: Rig, gateway: ScriptedGateway, apart: float, one_has_ended: threading.Event
) -> list[Lived]:
    """Start two runs so many seconds apart; gives both in the order in which they end."""
    command = [str(COMMAND), "--database", rig.store.location, *asking(["ES"], gateway.port)]
    begin = threading.Barrier(2)

    def run(after: float) -> Lived:
        begin.wait()
        time.sleep(after)
        return live(command, env=rig.command.environment(), cwd=rig.command.cwd)

    with ThreadPoolExecutor(2) as threads:
        both = [threads.submit(run, after) for after in (0.0, apart)]
        done, other = wait(both, AT_MOST, FIRST_COMPLETED)
        one_has_ended.set()
        return [product.result() for product in (*done, *other)]


@pytest.mark.parametrize("attempt", range(how_many(1, 100)))
def test_of_two_runs_that_start_together_one_works(each_rig: Rig, attempt: int) -> None:
    """Which one is chance. It gets no answer before the other has ended."""
    apart = seeded(f"apart {attempt}").uniform(0, TOGETHER)
    each_rig.command.configure(f"[gateway]\nhandshake_timeout = {2 * AT_MOST}")
    before = each_rig.store.tables()
    one_has_ended = threading.Event()
    with gateway_with(now=waiting_for(one_has_ended)) as gateway:
        refused, worked = run_twice(each_rig, gateway, apart, one_has_ended)
    assert (refused.code, worked.code) == (75, 0), (refused, worked)
    assert gateway.connections == 1
    assert said_by(refused).out == ""
    for run in (refused, worked):
        assert "locked" not in said_by(run).message
    each_rig.check_database(Ordeal(fate=Fate.RENEWED), before)
    assert refused.took <= latest_end(
        0, undisturbed=each_rig.recover(Ordeal(launcher=INSTALLED)).took
    )


def said_by(run: Lived) -> Ended:
    """What a run said, after checking what no run may show."""
    return ended(run.code, run.out, run.err)
