"""The rig itself sees a run that hangs, that is late, or that leaves something behind."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from e2e.command_line import wait_until
from e2e.fault_matrix.lateness import latest_end
from e2e.fault_matrix.ordeals import Fate, Ordeal
from e2e.fault_matrix.processes import is_alive, live
from e2e.fault_matrix.rig import Rig

SLEEP = ("/bin/sh", "-c", "exec sleep 60")
ENVIRONMENT = {"PATH": os.defpath}


def test_what_goes_wrong_meanwhile_is_told_and_ends_the_process(tmp_path: Path) -> None:
    seen = []

    def fail(process: subprocess.Popen[bytes]) -> None:
        seen.append(process)
        assert is_alive(process)
        raise LookupError("the reason")

    with pytest.raises(LookupError, match="the reason"):
        live(SLEEP, env=ENVIRONMENT, cwd=tmp_path, during=fail)
    (process,) = seen
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)


def test_a_process_that_hangs_is_killed(tmp_path: Path) -> None:
    lived = live(SLEEP, env=ENVIRONMENT, cwd=tmp_path, hangs_after=0.2)
    assert lived.code == -9
    assert 0.2 <= lived.took < 60


def test_a_process_that_leaves_another_behind_is_found_out(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="behind"):
        live(("/bin/sh", "-c", "sleep 60 &"), env=ENVIRONMENT, cwd=tmp_path)


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
