"""The installed command on a database that an older version made."""

from __future__ import annotations

from pathlib import Path

import pytest

from e2e.command_line import CommandLine
from e2e.stored_rows import checksum, is_sound
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from integration.local_repo import older_versions

FIRST = older_versions.OLDER[0]


@pytest.fixture
def older(tmp_path: Path) -> Path:
    path = tmp_path / "older.db"
    with Database(path) as database:
        older_versions.create(database, FIRST)
    return path


@pytest.mark.parametrize(
    "command",
    [
        ("show", "ES"),
        ("list",),
        ("hours", "ES"),
        ("hours", "ES", "--on", "2026-11-23"),
        ("get", "ES"),
        ("pin",),
        ("db", "renormalise"),
        ("db", "prune", "--yes"),
    ],
)
def test_before_the_upgrade_commands_name_it_as_the_next_step(
    ibkr_sync: CommandLine, older: Path, command: tuple[str, ...]
) -> None:
    before = checksum(older)
    done = ibkr_sync("--database", older, *command)
    assert (done.code, done.out) == (7, "")
    assert f"The database {older} is of an older version" in done.message
    assert f"next: ibkr-sync --database {older} db upgrade" in done.message
    assert checksum(older) == before


def test_the_upgrade_keeps_a_backup_and_everything_works_again(
    ibkr_sync: CommandLine, older: Path
) -> None:
    status = ibkr_sync("--database", older, "db", "status", "--json")
    upgraded = ibkr_sync("--database", older, "db", "upgrade")
    assert (status.code, status.json["state"]) == (0, "behind")
    assert status.json["revision"] == FIRST
    assert "db upgrade" in status.err
    assert upgraded.code == 0
    assert upgraded.out.startswith(f"schema {FIRST} → ")

    backup = Path(upgraded.err.removeprefix("backup: ").strip())
    assert is_sound(backup)
    assert is_sound(older)
    shown = ibkr_sync("--database", older, "show", "ES", "--json")
    assert (shown.code, len(shown.json["contracts"])) == (0, 9)
    assert ibkr_sync("--database", older, "pin", "--list").out.count("DAX") >= 1
    assert ibkr_sync("--database", older, "db", "status", "--json").json["raw_replies"] == 3
