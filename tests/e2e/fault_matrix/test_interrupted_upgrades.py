"""An upgrade that is cut short leaves the database as it was, and its backup whole."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from sqlalchemy import inspect, text

from databases import refuse_damage
from e2e.fault_matrix.disks import in_own_folder, with_failing, without_room
from e2e.fault_matrix.launchers import Launcher, stepping
from e2e.fault_matrix.rig import Rig, asking, gateway_with, refuse_indiscretion
from e2e.fault_matrix.stores import Store
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from integration.local_repo import older_versions
from thoroughness import some_of

Dump: TypeAlias = dict[str, list[tuple[Any, ...]]]
MakeOld: TypeAlias = Callable[[Rig], Dump]

KILLED = -signal.SIGKILL

MOST_PAGES, MOST_BLOCKS, MOST_WRITES, MOST_SYNCS = 130, 160, 240, 16
"""What no upgrade of these products takes, its backup included."""

LIMITS = [
    *(f"pages={pages}" for pages in some_of(range(1, MOST_PAGES + 1), 3)),
    *(f"blocks={blocks}" for blocks in some_of(range(MOST_BLOCKS + 1), 3)),
]

FAILURES = [
    *(("writes", number, "onwards") for number in some_of(range(1, MOST_WRITES + 1), 3)),
    *(("syncs", number, "once") for number in some_of(range(1, MOST_SYNCS + 1), 3)),
]


@pytest.fixture
def make_old() -> MakeOld:
    """Bring a store to what the first released version left, and give all that it holds."""

    def bring_back(rig: Rig) -> Dump:
        for path in files_of(rig.store):
            path.unlink()
        with Database(rig.store.location) as database:
            if rig.store.is_server:
                with database.write() as connection:
                    for table in inspect(connection).get_table_names():
                        connection.execute(text(f"DROP TABLE {table} CASCADE"))
            older_versions.create(database, older_versions.OLDER[0])
        return dump(rig.store.location)

    return bring_back


def dump(location: str) -> Dump:
    """Every row of every table that there is, as it is stored."""
    with Database(location) as database, database.read() as connection:
        return {
            table: sorted(
                (tuple(row) for row in connection.execute(text(f"SELECT * FROM {table}"))),  # noqa: S608 - fixed names
                key=repr,
            )
            for table in inspect(connection).get_table_names()
        }


def files_of(store: Store) -> list[Path]:
    """A file and all that is beside it."""
    return [] if store.is_server else list(store.path.parent.glob(f"{store.path.name}*"))


def refuse_loss(old: Dump, new: Dump) -> None:
    """Fail unless the new holds what the old did; columns may have been added to the right.

    Hours move to another table (see `test_older_versions`).
    """
    for table in old.keys() - {"alembic_version", older_versions.SCHEDULES}:
        width = len(old[table][0]) if old[table] else 0
        assert sorted((row[:width] for row in new[table]), key=repr) == old[table], table


def upgrade(rig: Rig, old: Dump, launcher: Launcher) -> int:
    """Upgrade, and check what came of it, and that the next upgrade ends well."""
    endured = rig.run("db", "upgrade", launcher=launcher, verbose=False)
    refuse_indiscretion(endured)
    code, message = endured.run.code, endured.run.message
    backups = [path for path in files_of(rig.store) if path.suffix == ".backup"]
    assert code in (0, 7, KILLED), endured
    if code != 0:
        assert dump(rig.store.location) == old
    if code == 7:
        assert "next: " in message
        assert [path for path in backups if str(path) not in message.replace(" ", "")] == []
    if code != KILLED:  # which no program can tidy up after
        for backup in backups:
            refuse_damage(backup)
            assert dump(str(backup)) == old

    again = rig.run("db", "upgrade", verbose=False)
    assert again.run.code == 0, again
    rig.store.refuse_damage()
    refuse_loss(old, dump(rig.store.location))
    return code


@pytest.mark.timeout(1200)
@pytest.mark.parametrize(("what", "code"), [("kill", KILLED), ("fail", 7)])
def test_an_upgrade_that_ends_at_any_step_leaves_the_database_as_it_was(
    any_rig: Rig, make_old: MakeOld, tmp_path: Path, what: str, code: int
) -> None:
    steps = tmp_path / "steps"
    assert upgrade(any_rig, make_old(any_rig), stepping("list", steps)) == 0
    count = len(steps.read_text(encoding="ascii").splitlines())
    assert count > 15
    for step in some_of(range(1, count + 1), 3):
        assert upgrade(any_rig, make_old(any_rig), stepping(what, step)) == code


@pytest.fixture
def alone(rig: Rig, tmp_path: Path) -> Rig:
    """On a file in a folder of its own."""
    return in_own_folder(rig, tmp_path)


@pytest.mark.representative
@pytest.mark.parametrize("limit", LIMITS)
def test_an_upgrade_without_room_leaves_the_database_as_it_was(
    alone: Rig, make_old: MakeOld, limit: str
) -> None:
    launcher = without_room(limit, alone.store.path.parent)
    code = upgrade(alone, make_old(alone), launcher)
    assert code == 7 or limit not in ("pages=1", "blocks=0")
    assert code == 0 or limit not in (f"pages={MOST_PAGES}", f"blocks={MOST_BLOCKS}")


@pytest.mark.parametrize(("calls", "number", "how"), FAILURES)
def test_an_upgrade_during_which_a_disk_fails_leaves_the_database_as_it_was(
    alone: Rig, make_old: MakeOld, calls: str, number: int, how: str
) -> None:
    launcher = with_failing(calls, number, how, alone.store.path.parent)
    code = upgrade(alone, make_old(alone), launcher)
    assert code == 0 or (calls, number) not in (("writes", MOST_WRITES), ("syncs", MOST_SYNCS))


def test_what_a_newer_version_made_is_left_alone(each_rig: Rig) -> None:
    with Database(each_rig.store.location) as database, database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'ibkr_sync_9999'"))
    before = dump(each_rig.store.location)
    with gateway_with() as gateway:
        asked = asking(["ES"], gateway.port)
        for command in (asked, ["show", "ES"], ["db", "upgrade"]):
            endured = each_rig.run(*command, gateway=gateway)
            assert endured.run.code == 7
            assert "written by a newer version" in endured.run.message
            assert "next: Update ibkr-sync" in endured.run.message
    assert gateway.connections == 0
    assert dump(each_rig.store.location) == before
