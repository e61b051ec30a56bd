"""A disk that takes no more, or loses what it took: exit code 7, and each product old or new."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

import pytest

from e2e.fault_matrix.disks import in_own_folder, with_failing, without_room, without_syncs
from e2e.fault_matrix.failing_stores import endure_failure
from e2e.fault_matrix.ordeals import Ordeal
from e2e.fault_matrix.rig import Endured, Rig
from thoroughness import some_of


class Cut(Enum):
    """Where a run is cut short, as its exit code and the gateway's connections tell."""

    BEFORE_ASKING = (7, 0)
    AFTER_ASKING = (7, 1)
    NOWHERE = (0, 1)


MOST_PAGES = 130
"""Neither the database nor its log grows beyond that many."""

MOST_BLOCKS, MOST_INODES = 40, 4
"""Nor do all its files together take so many more."""

MOST_WRITES, MOST_SYNCS = 80, 10
"""No run has that many."""

CUT_BY_LIMIT = {
    "pages=1": Cut.BEFORE_ASKING,
    "pages=14": Cut.AFTER_ASKING,
    f"pages={MOST_PAGES}": Cut.NOWHERE,
    "blocks=0": Cut.BEFORE_ASKING,
    "blocks=20": Cut.AFTER_ASKING,
    f"blocks={MOST_BLOCKS}": Cut.NOWHERE,
    "inodes=0": Cut.BEFORE_ASKING,
    f"inodes={MOST_INODES}": Cut.NOWHERE,
}
CUT_BY_CALL = {
    ("writes", 1): Cut.BEFORE_ASKING,
    ("writes", 30): Cut.AFTER_ASKING,
    ("writes", MOST_WRITES): Cut.NOWHERE,
    ("syncs", 1): Cut.BEFORE_ASKING,
    ("syncs", 4): Cut.AFTER_ASKING,
    ("syncs", MOST_SYNCS): Cut.NOWHERE,
}
"""What is always tried, so that places are among those tried that differ."""

LIMITS = dict.fromkeys(
    (
        *CUT_BY_LIMIT,
        *some_of([f"pages={pages}" for pages in range(1, MOST_PAGES + 1)], 3),
        *some_of([f"blocks={blocks}" for blocks in range(MOST_BLOCKS + 1)], 3),
        *some_of([f"inodes={inodes}" for inodes in range(MOST_INODES + 1)], 2),
    )
)
FAILURES = dict.fromkeys(
    (
        *((calls, number, how) for calls, number in CUT_BY_CALL for how in ("once", "onwards")),
        *(("writes", number, "once") for number in some_of(range(1, MOST_WRITES + 1), 3)),
        *(("writes", number, "onwards") for number in some_of(range(1, MOST_WRITES + 1), 3)),
        *(("syncs", number, "once") for number in some_of(range(1, MOST_SYNCS + 1), 3)),
        *(("syncs", number, "onwards") for number in some_of(range(1, MOST_SYNCS + 1), 2)),
    )
)

REASONS = (
    *("the disk is full", "the disk failed", "the file can't be opened"),
    *("No space left", "File too large"),
)
"""SQLite does not say why it can't create a file beside the database."""


@pytest.fixture
def rig(rig: Rig, tmp_path: Path) -> Rig:
    """On a file in a folder of its own."""
    return in_own_folder(rig, tmp_path)


def cut_of(endured: Endured) -> Cut:
    """Where a run was cut short."""
    assert endured.gateway is not None
    return Cut((endured.run.code, endured.gateway.connections))


@pytest.mark.representative
@pytest.mark.parametrize("limit", LIMITS)
def test_a_disk_that_is_full_leaves_each_product_old_or_new(rig: Rig, limit: str) -> None:
    launcher = without_room(limit, rig.store.path.parent)
    endured = endure_failure(rig, Ordeal(launcher=launcher, verbose=False))
    if endured.run.code == 7:
        assert any(reason in endured.run.message for reason in REASONS), endured.run
    cut = cut_of(endured)
    assert cut is CUT_BY_LIMIT.get(limit, cut)


@pytest.mark.parametrize(("calls", "number", "how"), FAILURES)
def test_a_write_or_a_sync_that_fails_leaves_each_product_old_or_new(
    rig: Rig, calls: str, number: int, how: str
) -> None:
    launcher = with_failing(calls, number, how, rig.store.path.parent)
    endured = endure_failure(rig, Ordeal(launcher=launcher, verbose=False))
    cut = cut_of(endured)
    assert cut is CUT_BY_CALL.get((calls, number), cut)


def test_a_file_that_can_not_grow_at_all_changes_nothing(rig: Rig) -> None:
    launcher = without_room("pages=1", rig.store.path.parent)
    endured = rig.endure(Ordeal(launcher=launcher, code=7, verbose=False))
    assert endured.gateway is not None
    assert endured.gateway.connections == 0  # the run could not even be recorded


def test_a_disk_that_fails_to_sync_changes_nothing(rig: Rig) -> None:
    rig.endure(Ordeal(launcher=without_syncs(), code=7, message="disk", verbose=False))
