"""What is stored is read on a full disk, or it is told that the disk is full."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from itertools import product
from pathlib import Path

import pytest

from e2e.fault_matrix.disks import in_own_folder, without_room
from e2e.fault_matrix.rig import Rig, refuse_indiscretion
from thoroughness import some_of

READERS = (("show", "ES", "--json"), ("list", "--json"), ("runs", "--json"), ("db", "status"))

INDEX_BLOCKS = 8
"""What SQLite needs beside a file that nobody has open: 32 KB."""

ENOUGH = (
    ((), f"blocks={INDEX_BLOCKS}"),
    (("-wal",), f"blocks={INDEX_BLOCKS}"),
    (("-wal", "-shm"), "blocks=0"),
    (("-wal", "-shm"), "inodes=0"),
)
"""What a dead process left beside the file, and the room that is enough then."""


@pytest.fixture
def rig(rig: Rig, tmp_path: Path) -> Rig:
    """On a file in a folder of its own."""
    return in_own_folder(rig, tmp_path)


def leave_a_log(path: Path, *suffixes: str) -> None:
    """Leave beside a file what a process that dies in the middle of its work leaves."""
    folder = path.with_name("dying")
    folder.mkdir()
    dying = Path(shutil.copy(path, folder))
    with closing(sqlite3.connect(dying)) as connection:
        connection.execute("UPDATE sync_runs SET message = 'in the log'")
        connection.commit()
        for suffix in suffixes:
            shutil.copy(f"{dying}{suffix}", path.parent)
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("arguments", "left", "blocks"),
    some_of([*product(READERS, ((), ("-wal",)), (0, INDEX_BLOCKS - 1))], 4),
)
def test_where_there_is_no_room_for_the_index_of_the_log_the_full_disk_is_reported(
    rig: Rig, arguments: tuple[str, ...], left: tuple[str, ...], blocks: int
) -> None:
    leave_a_log(rig.store.path, *left)
    before = rig.store.path.read_bytes()
    launcher = without_room(f"blocks={blocks}", rig.store.path.parent)
    endured = rig.run(*arguments, launcher=launcher, verbose=False)
    refuse_indiscretion(endured)
    assert (endured.run.code, endured.run.out) == (7, "")
    assert "the disk is full" in endured.run.message
    assert "Make room on its disk" in endured.run.message
    assert rig.store.path.read_bytes() == before
    assert rig.run(*arguments, verbose=False).run.code == 0  # once there is room
    rig.store.refuse_damage()


@pytest.mark.parametrize(
    ("arguments", "left", "limit"),
    some_of([(reader, *enough) for reader in READERS for enough in ENOUGH], 4),
)
def test_where_there_is_room_for_the_index_of_the_log_all_is_shown(
    rig: Rig, arguments: tuple[str, ...], left: tuple[str, ...], limit: str
) -> None:
    leave_a_log(rig.store.path, *left)
    launcher = without_room(limit, rig.store.path.parent)
    endured = rig.run(*arguments, launcher=launcher, verbose=False)
    refuse_indiscretion(endured)
    assert endured.run.code == 0, endured.run
    assert endured.run.out == rig.run(*arguments, verbose=False).run.out
    rig.store.refuse_damage()
