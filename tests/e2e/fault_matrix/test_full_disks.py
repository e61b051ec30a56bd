"""A disk that takes no more, or loses what it took: exit code 7, and each product old or new."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from e2e.command_line import COMMAND
from e2e.fault_matrix.rig import Fate, Ordeal, Rig
from thoroughness import some_of

WITHOUT = (sys.executable, str(Path(__file__).with_name("without.py")))
PAGE = 4096
MOST_PAGES = 130
"""Neither the database nor its log grows beyond that many."""


@pytest.mark.parametrize("pages", some_of(range(1, MOST_PAGES), 4))
def test_a_file_that_can_not_grow_beyond_any_page_leaves_each_product_old_or_new(
    rig: Rig, pages: int
) -> None:
    """It fails the write that would make the file longer, and every one after it."""
    launcher = (*WITHOUT, f"file-size={pages * PAGE}", str(COMMAND))
    codes = frozenset((0, 7))
    rig.endure(Ordeal(launcher=launcher, code=codes, fate=Fate.OLD_OR_NEW, verbose=False))


def test_a_file_that_can_not_grow_at_all_changes_nothing(rig: Rig) -> None:
    launcher = (*WITHOUT, f"file-size={PAGE}", str(COMMAND))
    endured = rig.endure(Ordeal(launcher=launcher, code=7, verbose=False))
    assert endured.gateway is not None
    assert endured.gateway.connections == 0  # the run could not even be recorded


def test_a_disk_that_fails_to_sync_changes_nothing(rig: Rig) -> None:
    launcher = (*WITHOUT, "sync", str(COMMAND))
    rig.endure(Ordeal(launcher=launcher, code=7, told="disk", verbose=False))
