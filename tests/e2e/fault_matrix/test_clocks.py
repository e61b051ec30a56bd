"""Time that a run can't see pass, clocks that are set while it runs, and zones of machines."""

from __future__ import annotations

import re
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import pytest

from e2e.command_line import wait_until
from e2e.fault_matrix.ordeals import INSTALLED, Fate, Ordeal
from e2e.fault_matrix.processes import HANGS_AFTER, send
from e2e.fault_matrix.rig import Rig
from e2e.preloaded import Process
from gateway.faults import Drip, Fault, NoEndMarker, PauseAfterRows
from gateway.server import ScriptedGateway
from ibkr_sync.infrastructure.replay.protocol.requests import ContractDataRequest
from thoroughness import how_many, some_of

SHIFTED_CLOCK = (sys.executable, str(Path(__file__).with_name("shifted_clock.py")))

HOUR, DAY = 3600, 86400
JUMPS = (-DAY, -HOUR, HOUR, DAY)

TEN_MINUTES = 600
USUAL = {"idle_timeout": 30, "total_timeout": 180, "run_timeout": 3600}
"""The deadlines where nobody has set any."""

PAUSED = PauseAfterRows(rows=5, seconds=1.5, first=1)
"""Leaves time to set clocks while a reply is half there."""

CLOCK_CHANGES = (
    ("America/New_York", datetime(2026, 3, 8, 7, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 11, 1, 6, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2026, 3, 29, 1, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2026, 10, 25, 1, tzinfo=UTC)),
)


def has_asked(gateway: ScriptedGateway) -> bool:
    """Whether a request for contract details has arrived."""
    return any(isinstance(request, ContractDataRequest) for request in gateway.requests)


def set_clocks(process: Process, gateway: ScriptedGateway) -> None:
    """Let a run on shifted clocks see them jump once it has asked."""
    wait_until(lambda: has_asked(gateway))
    send(process, signal.SIGUSR1)


def recorded(rig: Rig) -> tuple[datetime, datetime]:
    """When the run after the one that filled the store began, and when it ended."""
    _filling, run, *_recovery = rig.store.tables()["sync_runs"]
    return run["started_at"], run["finished_at"]


def clocks(*, off: float = 0, off_then: float = 0, stopped_for: float = 0) -> tuple[str, ...]:
    """What runs the command with its clocks set."""
    return (*SHIFTED_CLOCK, str(off), str(off_then), str(stopped_for))


def has_connected(gateway: ScriptedGateway) -> bool:
    """Whether the run has opened a connection."""
    return gateway.connections > 0


@pytest.mark.parametrize("seconds", (1.0, 3.0, 6.0)[: how_many(1, 3)])
@pytest.mark.parametrize(
    ("moment", "deadlines"),
    [
        pytest.param(has_connected, {"handshake_timeout": 0.5}, id="while-it-connects"),
        pytest.param(has_asked, {"idle_timeout": 0.5}, id="during-a-reply"),
        pytest.param(has_asked, {"total_timeout": 0.8}, id="so-long-that-a-reply-takes-too-long"),
        pytest.param(has_asked, {"run_timeout": 0.8}, id="so-long-that-it-takes-too-long"),
    ],
)
def test_a_run_that_was_suspended_ends_in_order(
    rig: Rig,
    moment: Callable[[ScriptedGateway], bool],
    deadlines: dict[str, float],
    seconds: float,
) -> None:
    """Deadlines pass meanwhile, as they do while a notebook sleeps."""

    def suspend(process: Process, gateway: ScriptedGateway) -> None:
        wait_until(lambda: moment(gateway))
        send(process, signal.SIGSTOP)
        time.sleep(seconds)
        send(process, signal.SIGCONT)

    rig.endure(
        Ordeal(
            faults=[PauseAfterRows(rows=5, seconds=0.4)],
            code=frozenset((0, 3, 4)),
            fate=Fate.OLD_OR_NEW,
            during=suspend,
            seconds=seconds + 1,
            settings=deadlines,
        )
    )


def test_a_reply_that_ten_minutes_fell_into_is_given_up_at_once(rig: Rig) -> None:
    rig.endure(
        Ordeal(
            faults=[PAUSED],
            code=4,
            launcher=clocks(off_then=TEN_MINUTES, stopped_for=TEN_MINUTES),
            during=set_clocks,
            seconds=PAUSED.seconds,
            settings=USUAL,
        )
    )


def test_a_refresh_that_ten_minutes_fell_into_asks_again(any_rig: Rig) -> None:
    any_rig.endure(
        Ordeal(
            faults=[PAUSED],
            command="refresh",
            fate=Fate.RENEWED,
            connections=2,
            launcher=clocks(off_then=TEN_MINUTES, stopped_for=TEN_MINUTES),
            during=set_clocks,
            seconds=PAUSED.seconds + 3.5,
            settings=USUAL,
        )
    )


def test_a_refresh_whose_deadline_passed_meanwhile_asks_no_more(rig: Rig) -> None:
    endured = rig.endure(
        Ordeal(
            faults=[PAUSED],
            command="refresh",
            options=("--deadline", "9m"),
            code=4,
            connections=1,
            launcher=clocks(off_then=TEN_MINUTES, stopped_for=TEN_MINUTES),
            during=set_clocks,
            seconds=PAUSED.seconds,
            settings=USUAL,
        )
    )
    assert endured.gateway is not None
    assert (
        sum(isinstance(request, ContractDataRequest) for request in endured.gateway.requests) == 1
    )


@pytest.mark.parametrize("off", some_of(JUMPS, 2))
def test_a_clock_that_is_set_during_a_run_disturbs_nothing(any_rig: Rig, off: int) -> None:
    any_rig.endure(
        Ordeal(
            faults=[PAUSED],
            fate=Fate.RENEWED,
            connections=1,
            launcher=clocks(off_then=off),
            during=set_clocks,
            seconds=PAUSED.seconds,
        )
    )
    began, ended = recorded(any_rig)
    assert timedelta(0) < ended - began - timedelta(seconds=off) < timedelta(seconds=HANGS_AFTER)


def test_a_refresh_says_how_long_it_took_although_the_clock_was_set_back(rig: Rig) -> None:
    endured = rig.endure(
        Ordeal(
            faults=[PAUSED],
            command="refresh",
            fate=Fate.RENEWED,
            connections=1,
            launcher=clocks(off_then=-HOUR),
            during=set_clocks,
            seconds=PAUSED.seconds,
        )
    )
    (message,) = re.findall(r" · ([0-9.]+) s · run", endured.run.message)
    assert PAUSED.seconds <= float(message) <= endured.took


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """What makes a run reach a deadline, which ends it between these seconds after it asked."""

    fault: Fault
    settings: Mapping[str, float]
    earliest: float
    latest: float
    command: Sequence[str] = ("get",)


DEADLINES = {
    "silence": Deadline(fault=NoEndMarker(), settings={"idle_timeout": 1}, earliest=1, latest=1.2),
    "a-run": Deadline(fault=NoEndMarker(), settings={"run_timeout": 1.5}, earliest=1.5, latest=1.5),
    "a-refresh": Deadline(
        fault=NoEndMarker(),
        settings={"idle_timeout": 1},
        earliest=2.5,  # its last try ends some time before
        latest=4,
        command=("refresh", "--deadline", "4s"),
    ),
    "a-reply": Deadline(
        fault=Drip(seconds=0.2, rounds=400),
        settings={"total_timeout": 1.5},
        earliest=1.5,
        latest=1.7,
    ),
}


@pytest.mark.parametrize(("kind", "off"), some_of([*product(DEADLINES, JUMPS)], 3))
def test_a_clock_that_is_set_during_a_run_moves_no_deadline(rig: Rig, kind: str, off: int) -> None:
    deadline = DEADLINES[kind]
    command, *options = deadline.command
    endured = rig.endure(
        Ordeal(
            faults=[deadline.fault],
            command=command,
            options=options,
            code=4,
            launcher=clocks(off_then=off),
            during=set_clocks,
            seconds=deadline.latest,
            settings=deadline.settings,
        )
    )
    assert endured.took >= deadline.earliest


@pytest.mark.parametrize(
    ("zone", "change"), some_of(CLOCK_CHANGES, 2), ids=lambda item: str(item)[:16]
)
def test_a_run_during_which_the_clocks_change_is_like_any_other(
    rig: Rig, zone: str, change: datetime
) -> None:
    """It asks shortly before the change, and is answered shortly after it."""
    off = (change - datetime.now(UTC)).total_seconds()
    rig.endure(
        Ordeal(
            faults=[PAUSED],
            fate=Fate.RENEWED,
            connections=1,
            launcher=("/usr/bin/env", f"TZ={zone}", *clocks(off=off - 10, off_then=off + 10)),
            during=set_clocks,
            seconds=PAUSED.seconds,
        )
    )
    began, ended = recorded(rig)
    assert change < ended < change + timedelta(seconds=10 + HANGS_AFTER)
    assert timedelta(seconds=20) < ended - began < timedelta(seconds=20 + HANGS_AFTER)


@pytest.mark.representative
@pytest.mark.parametrize(
    "zone",
    some_of(
        [
            *("Pacific/Kiritimati", "Asia/Tokyo", "Europe/Berlin"),
            *("America/Los_Angeles", "Pacific/Pago_Pago"),
        ],
        2,
    ),
)
def test_the_zone_of_the_machine_changes_nothing(rig: Rig, zone: str) -> None:
    launcher = ("/usr/bin/env", f"TZ={zone}", *INSTALLED)
    rig.endure(Ordeal(launcher=launcher, fate=Fate.RENEWED, connections=1))
