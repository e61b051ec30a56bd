"""The rig itself sees a run that hangs, that is late, or that leaves something behind.

And what a machine can't do for a test is told.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from e2e.command_line import wait_until
from e2e.fault_matrix import disks
from e2e.fault_matrix.lateness import latest_end
from e2e.fault_matrix.ordeals import Fate, Ordeal
from e2e.fault_matrix.processes import is_alive, live
from e2e.fault_matrix.rig import Golden, Recoveries, Rig
from e2e.preloaded import Process

SLEEP = ("/bin/sh", "-c", "exec sleep 60")
ENVIRONMENT = {"PATH": os.defpath}


@pytest.mark.representative
def test_what_goes_wrong_meanwhile_is_reported_and_ends_the_process(tmp_path: Path) -> None:
    seen = []

    def fail(process: Process) -> None:
        seen.append(process)
        assert is_alive(process)
        raise LookupError("the reason")

    with pytest.raises(LookupError, match="the reason"):
        live(SLEEP, env=ENVIRONMENT, cwd=tmp_path, during=fail)
    (process,) = seen
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)


@pytest.mark.representative
def test_a_process_that_hangs_is_killed(tmp_path: Path) -> None:
    lived = live(SLEEP, env=ENVIRONMENT, cwd=tmp_path, hangs_after=0.2)
    assert lived.code == -9
    assert 0.2 <= lived.took < 60


@pytest.mark.representative
def test_a_process_that_leaves_another_behind_is_found_out(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="behind"):
        live(("/bin/sh", "-c", "sleep 60 &"), env=ENVIRONMENT, cwd=tmp_path)


@pytest.mark.representative
def test_a_process_that_has_ended_is_not_alive(tmp_path: Path) -> None:
    lived = live(
        ("/bin/sh", "-c", "exit 3"),
        env=ENVIRONMENT,
        cwd=tmp_path,
        during=lambda process: wait_until(lambda: not is_alive(process)),
    )
    assert lived.code == 3


def test_a_run_that_ends_well_but_late_fails(rig: Rig) -> None:
    ordeal = Ordeal(fate=Fate.RENEWED, seconds=2)
    before = rig.store.tables()
    endured = rig.attempt(ordeal)
    late = replace(endured, took=latest_end(2, endured.took) + 20)
    with pytest.raises(AssertionError, match="an undisturbed run takes"):
        rig.check(ordeal, late, before)


def test_a_slow_run_excuses_no_later_one(rig: Rig, golden: Golden) -> None:
    ordeal = Ordeal(fate=Fate.RENEWED, seconds=2)
    recoveries: Recoveries = {}
    watchful = Rig(rig.command, rig.store, golden, recoveries)
    before = watchful.store.tables()
    endured = watchful.attempt(ordeal)
    watchful.check(ordeal, endured, before)
    for seen in recoveries.values():
        seen.update((state, took + 1000) for state, took in seen.items())
    late = replace(endured, took=latest_end(2, endured.took) + 20)
    with pytest.raises(AssertionError, match="an undisturbed run takes"):
        watchful.check(ordeal, late, before)


@pytest.mark.parametrize(
    "launch",
    [
        pytest.param(lambda folder: disks.without_room("blocks=1", folder), id="blocks"),
        pytest.param(lambda folder: disks.without_room("inodes=1", folder), id="inodes"),
        pytest.param(lambda folder: disks.with_failing("writes", 1, "once", folder), id="writes"),
        pytest.param(lambda folder: disks.with_failing("syncs", 1, "once", folder), id="syncs"),
        pytest.param(lambda _: disks.without_syncs(), id="all-syncs"),
    ],
)
def test_what_a_machine_can_not_do_skips_the_test_and_is_reported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, launch: Callable[[Path], object]
) -> None:
    forbidden = ("/bin/sh", "-c", "echo started >&2; echo OSError: forbidden >&2; exit 1", "sh")
    monkeypatch.setattr(disks, "hindrance", disks.hindrance.__wrapped__)  # which forgets
    monkeypatch.setattr(disks, "launching", lambda *_: forbidden)
    with pytest.raises(pytest.skip.Exception, match=r"^this machine can't .+: OSError: forbidden$"):
        launch(tmp_path)
