"""A disk that takes no more, or loses what it took: exit code 7, and each product old or new."""

from __future__ import annotations

from pathlib import Path

import pytest

from e2e.fault_matrix.disks import (
    can_fail_calls,
    can_mount,
    with_failing,
    without_room,
    without_syncs,
)
from e2e.fault_matrix.failing_stores import endure_failure
from e2e.fault_matrix.ordeals import Ordeal
from e2e.fault_matrix.rig import Rig
from e2e.fault_matrix.stores import Store
from thoroughness import some_of

MOST_PAGES = 130
"""Neither the database nor its log grows beyond that many."""

MOST_BLOCKS, MOST_INODES = 40, 4
"""Nor do all its files together take so many more."""

MOST_WRITES, MOST_SYNCS = 60, 10
"""No run has that many."""

LIMITS = some_of([f"pages={pages}" for pages in range(1, MOST_PAGES)], 3)
if can_mount():
    LIMITS = [
        *LIMITS,
        *some_of([f"blocks={blocks}" for blocks in range(MOST_BLOCKS + 1)], 3),
        *some_of([f"inodes={inodes}" for inodes in range(MOST_INODES + 1)], 2),
    ]

FAILURES: list[tuple[str, int, str]] = [("syncs", 1, "onwards")]
if can_fail_calls():
    FAILURES = [
        *(("writes", number, "once") for number in some_of(range(1, MOST_WRITES + 1), 3)),
        *(("writes", number, "onwards") for number in some_of(range(1, MOST_WRITES + 1), 3)),
        *(("syncs", number, "once") for number in some_of(range(1, MOST_SYNCS + 1), 3)),
        *(("syncs", number, "onwards") for number in some_of(range(1, MOST_SYNCS + 1), 2)),
    ]

REASONS = (
    *("the disk is full", "the disk failed", "the file can't be opened"),
    *("No space left", "File too large"),
)
"""SQLite does not say why it can't create a file beside the database."""


@pytest.fixture
def rig(rig: Rig, tmp_path: Path) -> Rig:
    """On a file in a folder of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    rig.store = Store(str(rig.store.path.rename(folder / rig.store.path.name)))
    return rig


@pytest.mark.parametrize("limit", LIMITS)
def test_a_disk_that_is_full_leaves_each_product_old_or_new(rig: Rig, limit: str) -> None:
    launcher = without_room(limit, rig.store.path.parent)
    endured = endure_failure(rig, Ordeal(launcher=launcher, verbose=False))
    if endured.run.code == 7:
        assert any(each in endured.run.told for each in REASONS), endured.run
    if limit in (f"blocks={MOST_BLOCKS}", f"inodes={MOST_INODES}"):
        assert endured.run.code == 0


@pytest.mark.parametrize(("calls", "number", "how"), FAILURES)
def test_a_write_or_a_sync_that_fails_leaves_each_product_old_or_new(
    rig: Rig, calls: str, number: int, how: str
) -> None:
    launcher = with_failing(calls, number, how, rig.store.path.parent)
    endured = endure_failure(rig, Ordeal(launcher=launcher, verbose=False))
    if (calls, number) in (("writes", MOST_WRITES), ("syncs", MOST_SYNCS)):
        assert endured.run.code == 0


def test_a_file_that_can_not_grow_at_all_changes_nothing(rig: Rig) -> None:
    launcher = without_room("pages=1", rig.store.path.parent)
    endured = rig.endure(Ordeal(launcher=launcher, code=7, verbose=False))
    assert endured.gateway is not None
    assert endured.gateway.connections == 0  # the run could not even be recorded


def test_a_disk_that_fails_to_sync_changes_nothing(rig: Rig) -> None:
    rig.endure(Ordeal(launcher=without_syncs(), code=7, told="disk", verbose=False))
