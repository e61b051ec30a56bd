"""A database that can't be used: exit code 7, the remedy, and never a byte of it changed."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from e2e.command_line import CommandLine, Ended, finish, wait_until
from e2e.gateways import sample_gateway
from e2e.stored_rows import checksum, is_sound, opened, runs
from gateway.faults import Drip
from gateway.server import ScriptedGateway
from ibkr_sync.infrastructure.replay.protocol.requests import ContractDataRequest


@pytest.fixture
def gateway() -> Iterator[ScriptedGateway]:
    """A gateway with the sample."""
    with sample_gateway() as gateway:
        yield gateway


def get(
    ibkr_sync: CommandLine,
    database: Path,
    gateway: ScriptedGateway,
    *,
    without_root_rights: bool = False,
) -> Ended:
    return ibkr_sync(
        *("--database", database, "get", "ES", "-f", "table"),
        *("--source", "ibkr", "--port", str(gateway.port)),
        without_root_rights=without_root_rights,
    )


def test_a_database_that_is_soon_free_is_waited_for(
    ibkr_sync: CommandLine, stocked: Path, gateway: ScriptedGateway
) -> None:
    with closing(sqlite3.connect(stocked, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        release = threading.Timer(1.5, other.rollback)
        release.start()
        done = get(ibkr_sync, stocked, gateway)
        release.join()

    assert done.code == 0
    assert runs(stocked) == ["ok", "ok"]


def test_a_reader_with_an_old_snapshot_keeps_nobody_from_writing(
    ibkr_sync: CommandLine, stocked: Path, gateway: ScriptedGateway
) -> None:
    with opened(stocked) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM sync_runs").fetchone()
        done = get(ibkr_sync, stocked, gateway)
        reader.rollback()

    assert done.code == 0


def test_a_read_only_file_is_read_and_not_written(
    ibkr_sync: CommandLine, stocked: Path, gateway: ScriptedGateway
) -> None:
    before = checksum(stocked)
    stocked.chmod(0o400)

    written = get(ibkr_sync, stocked, gateway, without_root_rights=True)
    read = ibkr_sync("--database", stocked, "show", "ES", "--json", without_root_rights=True)

    assert (written.code, written.out) == (7, "")
    assert str(stocked) in written.err
    assert f"chmod u+rwX {stocked}" in written.err
    assert (read.code, read.json["symbol"]) == (0, "ES")
    assert checksum(stocked) == before


def test_a_read_only_folder_is_reported(
    ibkr_sync: CommandLine, tmp_path: Path, gateway: ScriptedGateway
) -> None:
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o500)

    done = get(ibkr_sync, folder / "new.db", gateway, without_root_rights=True)

    assert (done.code, done.out) == (7, "")
    assert str(folder / "new.db") in done.err
    assert "ermission denied" in done.err
    assert f"chmod u+rwX {folder}" in done.err
    assert not any(folder.iterdir())


def test_an_unreadable_file_is_reported(
    ibkr_sync: CommandLine, stocked: Path, gateway: ScriptedGateway
) -> None:
    before = checksum(stocked)
    stocked.chmod(0)

    for done in (
        get(ibkr_sync, stocked, gateway, without_root_rights=True),
        ibkr_sync("--database", stocked, "list", without_root_rights=True),
    ):
        assert (done.code, done.out) == (7, "")
        assert f"{stocked} can't be used" in done.err
        assert f"chmod u+rwX {stocked}" in done.err
    assert checksum(stocked) == before


def make_foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE products (id INTEGER, name TEXT)")
        other.execute("INSERT INTO products VALUES (1, 'not ours')")
        other.commit()


def make_text(path: Path) -> None:
    path.write_text("to be, or not to be\n" * 300)


def make_cut_off(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\x00" + b"\xff" * 4000)


@pytest.mark.parametrize("make", [make_foreign, make_text, make_cut_off])
def test_what_is_not_ours_stays_as_it_is(
    ibkr_sync: CommandLine, tmp_path: Path, gateway: ScriptedGateway, make: object
) -> None:
    assert callable(make)
    folder = tmp_path / "theirs"
    folder.mkdir()
    path = folder / "theirs.db"
    make(path)
    before = checksum(path)

    for done in (
        get(ibkr_sync, path, gateway),
        ibkr_sync("--database", path, "list"),
        ibkr_sync("--database", path, "db", "upgrade"),
    ):
        assert (done.code, done.out) == (7, ""), done
        assert str(path) in done.err
        assert "next: " in done.err
    assert checksum(path) == before
    assert list(folder.iterdir()) == [path]


def test_a_database_of_a_newer_version_is_left_alone(
    ibkr_sync: CommandLine, stocked: Path, gateway: ScriptedGateway
) -> None:
    with opened(stocked) as connection:
        (table,) = connection.execute(
            "SELECT name FROM sqlite_master WHERE name LIKE '%version%'"
        ).fetchone()
        connection.execute(f"UPDATE {table} SET version_num = 'ibkr_sync_9999'")  # noqa: S608
        connection.commit()
    before = checksum(stocked)

    for done in (
        get(ibkr_sync, stocked, gateway),
        ibkr_sync("--database", stocked, "show", "ES"),
        ibkr_sync("--database", stocked, "db", "upgrade"),
    ):
        assert (done.code, done.out) == (7, "")
        assert "written by a newer version" in done.err
        assert "Update ibkr-sync" in done.err
    assert checksum(stocked) == before


def test_a_damaged_database_is_reported(ibkr_sync: CommandLine, stocked: Path) -> None:
    with stocked.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (stocked.stat().st_size - 4096))
    before = checksum(stocked)

    done = ibkr_sync("--database", stocked, "show", "ES")

    assert (done.code, done.out) == (7, "")
    assert f"{stocked} is damaged: " in done.err
    assert "next:  Restore a backup" in done.err
    assert checksum(stocked) == before


def lose_page(path: Path, root_of: str) -> None:
    """Overwrite the page at which a table or an index begins."""
    with opened(path) as connection:
        statement = "SELECT rootpage FROM sqlite_master WHERE name = ?"
        (number,) = connection.execute(statement, (root_of,)).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with path.open("r+b") as file:
        file.seek((number - 1) * size)
        file.write(b"\xff" * size)


def cut_off(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda path: lose_page(path, "hours_days"), id="a page of a table"),
        pytest.param(
            lambda path: lose_page(path, "sqlite_autoindex_products_1"), id="a page of an index"
        ),
        pytest.param(cut_off, id="cut off"),
    ],
)
def test_damage_wherever_it_is_is_what_the_status_says(
    ibkr_sync: CommandLine, stocked: Path, damage: Callable[[Path], None]
) -> None:
    damage(stocked)
    before = checksum(stocked)

    done = ibkr_sync("--database", stocked, "db", "status")

    assert (done.code, done.out) == (7, "")
    assert f"{stocked} is damaged: " in done.err
    assert "next:  Restore a backup" in done.err
    assert checksum(stocked) == before


def make_folder(path: Path) -> None:
    path.mkdir()


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))


@pytest.mark.parametrize("make", [make_folder, make_pipe, make_socket])
def test_what_is_no_file_is_refused(
    ibkr_sync: CommandLine, tmp_path: Path, gateway: ScriptedGateway, make: object
) -> None:
    assert callable(make)
    path = tmp_path / "place"
    make(path)
    before = path.stat()

    for done in (get(ibkr_sync, path, gateway), ibkr_sync("--database", path, "list")):
        assert (done.code, done.out) == (7, "")
        assert f"{path} can't be used: it is not a file" in done.err
        assert "next: " in done.err
    assert (path.stat().st_ino, path.stat().st_mode) == (before.st_ino, before.st_mode)


@pytest.mark.parametrize("device", ["/dev/null", "/dev/full"])
def test_a_device_is_refused(ibkr_sync: CommandLine, gateway: ScriptedGateway, device: str) -> None:
    done = get(ibkr_sync, Path(device), gateway)

    assert (done.code, done.out) == (7, "")
    assert f"{device} can't be used: it is not a file" in done.err


def test_links_that_lead_nowhere_are_reported(
    ibkr_sync: CommandLine, tmp_path: Path, gateway: ScriptedGateway
) -> None:
    folder = tmp_path / "links"
    folder.mkdir()
    loop, dangling = folder / "loop.db", folder / "dangling.db"
    loop.symlink_to(loop)
    dangling.symlink_to(folder / "none" / "new.db")

    for link, reason in ((loop, "the path can't be followed"), (dangling, "there is no directory")):
        for done in (get(ibkr_sync, link, gateway), ibkr_sync("--database", link, "list")):
            assert (done.code, done.out) == (7, "")
            assert reason in done.err
            assert "next: " in done.err
        assert link.is_symlink()
    assert sorted(folder.iterdir()) == [dangling, loop]


def test_a_missing_folder_is_reported_and_not_created(
    ibkr_sync: CommandLine, tmp_path: Path, gateway: ScriptedGateway
) -> None:
    folder = tmp_path / "none"

    for done in (
        get(ibkr_sync, folder / "new.db", gateway),
        ibkr_sync("--database", folder / "new.db", "list"),
        ibkr_sync("--database", folder / "new.db", "db", "upgrade"),
    ):
        assert (done.code, done.out) == (7, "")
        assert f"there is no directory {folder}" in done.err
        assert "next: " in done.err
    assert not folder.exists()


def test_an_empty_file_becomes_a_database(
    ibkr_sync: CommandLine, tmp_path: Path, gateway: ScriptedGateway
) -> None:
    path = tmp_path / "empty.db"
    path.touch()

    listed = ibkr_sync("--database", path, "list", "--json")
    status = ibkr_sync("--database", path, "db", "status", "--json")
    assert path.stat().st_size == 0  # looking is not writing
    done = get(ibkr_sync, path, gateway)

    assert (listed.code, listed.json["products"]) == (0, [])
    assert (status.code, status.json["state"]) == (0, "empty")
    assert done.code == 0
    assert is_sound(path)


def test_a_database_behind_a_symlink_is_used_in_its_place(
    ibkr_sync: CommandLine, stocked: Path, tmp_path: Path, gateway: ScriptedGateway
) -> None:
    link = tmp_path / "link.db"
    link.symlink_to(stocked)

    done = get(ibkr_sync, link, gateway)

    assert done.code == 0
    assert link.is_symlink()
    assert runs(stocked) == ["ok", "ok"]


def test_status_and_upgrade_say_the_schema(ibkr_sync: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "new.db"

    absent = ibkr_sync("--database", path, "db", "status", "--json")
    assert not path.exists()
    made = ibkr_sync("--database", path, "db", "upgrade")
    again = ibkr_sync("--database", path, "db", "upgrade")
    status = ibkr_sync("--database", path, "db", "status", "--json")

    assert (absent.code, absent.json["state"]) == (0, "empty")
    assert made.out == f"schema empty → {status.json['needed']}\n"
    assert again.out == f"schema {status.json['needed']} is current, nothing to do\n"
    assert (status.json["state"], status.json["database"]) == ("current", str(path))
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "name", ["stocked.db", pytest.param("stocked.db.lock", marks=pytest.mark.faults)]
)
def test_a_file_that_is_replaced_during_a_run_is_reported_and_not_written(
    ibkr_sync: CommandLine, stocked: Path, name: str
) -> None:
    replaced = stocked.with_name(name)
    with sample_gateway(Drip(symbol="ES", seconds=0.1)) as gateway:
        asked = ("get", "ES", "--source", "ibkr", "--port", str(gateway.port))
        with ibkr_sync.running("--database", stocked, *asked) as process:
            wait_until(
                lambda: any(
                    isinstance(request, ContractDataRequest) for request in gateway.requests
                )
            )
            copy = stocked.with_name("copy")
            shutil.copy(replaced, copy)
            copy.replace(replaced)
            before = checksum(stocked)
            done = finish(process)

    assert done.code == 7
    assert "deleted or replaced" in done.message
    if name == "stocked.db":
        assert checksum(stocked) == before
    else:
        assert runs(stocked) == ["ok", "running"]
