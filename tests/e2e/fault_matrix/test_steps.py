"""A run that ends at a statement or commit, whichever, leaves every product old or new."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from e2e.fault_matrix.launchers import stepping
from e2e.fault_matrix.ordeals import Fate, Ordeal
from e2e.fault_matrix.rig import Rig
from e2e.fault_matrix.steps import some_steps, steps_of
from thoroughness import some_of

KILLED = -signal.SIGKILL


@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    ("what", "code"),
    [("kill", KILLED), ("fail", 7), ("stop", 143)],
    ids=["killed", "failing", "stopped"],
)
def test_a_run_that_ends_at_any_statement_or_commit_leaves_each_product_old_or_new(
    any_rig: Rig, refill: Callable[[Rig], None], tmp_path: Path, what: str, code: int
) -> None:
    steps = len(steps_of(any_rig, tmp_path))
    assert steps > 15
    for step in some_of(range(1, steps + 1), 3):
        refill(any_rig)
        # The last one frees a server's lock: that it fails there matters to nobody.
        codes = frozenset((code, 0)) if (what, step) == ("fail", steps) else code
        any_rig.endure(Ordeal(code=codes, fate=Fate.OLD_OR_NEW, launcher=stepping(what, step)))


@pytest.mark.timeout(1200)
def test_a_run_killed_after_any_commit_leaves_each_product_old_or_new(
    any_rig: Rig, refill: Callable[[Rig], None], tmp_path: Path
) -> None:
    commits = steps_of(any_rig, tmp_path).count("COMMIT")
    assert commits > 3
    for commit in some_steps(commits, "after commit"):
        refill(any_rig)
        killing = stepping("kill-committed", commit)
        any_rig.endure(Ordeal(code=KILLED, fate=Fate.OLD_OR_NEW, launcher=killing))
