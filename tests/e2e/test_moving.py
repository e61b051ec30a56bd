"""A database that moved answers as the one it came from, and a backup brings it back."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy.engine import make_url

from e2e.command_line import CommandLine
from e2e.gateways import sample_gateway

READING = (
    *(("list",), ("show", "ES", "-n", "all", "--expired"), ("show", "VIX", "CL")),
    *(("next", "ES", "CL"), ("hours", "VIX"), ("expirations",), ("rolls", "ES"), ("audit",)),
    *(("history", "ES"), ("changes", "--since", "7d"), ("runs",), ("runs", "--run", "2")),
    *(("check",), ("watchlist", "list"), ("pin",), ("changes", "--run", "1")),
)

BRIEFLY = (("list",), ("runs",))
"""What shows whether a run was added."""

AS_ASKED = re.compile(r'^  "(as_of|since|until|checked_at)": .*$', re.MULTILINE)
"""When an answer was asked for."""


def answers(
    ibkr_sync: CommandLine, database: str | Path, commands: Iterable[tuple[str, ...]] = READING
) -> dict[tuple[str, ...], str]:
    """What commands that read say; every one of them if none are given."""
    found: dict[tuple[str, ...], str] = {}
    for words in commands:
        done = ibkr_sync("--database", database, *words, "--json")
        assert done.code in (0, 6), done
        found[words] = AS_ASKED.sub("", done.out)
    return found


def test_a_database_that_moved_answers_as_before(
    ibkr_sync: CommandLine, stocked: Path, postgres_url: str, tmp_path: Path
) -> None:
    secret = make_url(postgres_url).update_query_dict({"password": "hush-1"})
    server = secret.render_as_string(hide_password=False)
    back, backup = tmp_path / "back.db", tmp_path / "backup.db"
    with sample_gateway() as gateway:
        source = ("--source", "ibkr", "--port", str(gateway.port))
        ibkr_sync("--database", stocked, "watchlist", "add", "ES", "CL@NYMEX", "--group", "night")
        ibkr_sync("--database", stocked, "pin", "DAX", "--trading-class", "FDAX")
        ibkr_sync("--database", stocked, "get", "ES", "NQ", *source)
        before = answers(ibkr_sync, stocked)
        briefly = {words: before[words] for words in BRIEFLY}

        there = ibkr_sync("--database", stocked, "db", "copy", "--to", server, "--json")
        assert (there.code, answers(ibkr_sync, server, BRIEFLY)) == (0, briefly)
        again = ibkr_sync("--database", stocked, "db", "copy", "--to", server)
        ibkr_sync("--database", server, "db", "backup", backup)
        refreshed = ibkr_sync("--database", server, "refresh", *source)
        changed = answers(ibkr_sync, server, BRIEFLY)
        refused = ibkr_sync("--database", server, "db", "restore", backup)
        assert answers(ibkr_sync, server, BRIEFLY) == changed
    old = answers(ibkr_sync, backup, BRIEFLY)
    assert old == briefly != changed
    restored = ibkr_sync("--database", server, "db", "restore", backup, "--yes", "--json")
    home = ibkr_sync("--database", server, "db", "copy", "--to", back, "--json")

    assert (refreshed.code, again.code, refused.code, restored.code) == (0, 7, 2, 0)
    assert "--yes" in refused.err
    assert answers(ibkr_sync, back) == before
    assert home.json["tables"] == there.json["tables"] == restored.json["tables"]
    kept = restored.json["kept"]
    assert answers(ibkr_sync, kept, BRIEFLY) == changed
    assert answers(ibkr_sync, server, BRIEFLY) == old
    ended = (there, again, refused, restored, home)
    assert "hush" not in "".join(done.out + done.err for done in ended)


def test_only_a_file_is_written_or_read(ibkr_sync: CommandLine, stocked: Path) -> None:
    folder = stocked.parent
    os.mkfifo(folder / "fifo")
    (folder / "link").symlink_to(stocked)
    (folder / "loop").symlink_to(folder / "loop")
    (folder / "there").write_text("precious")
    before = stocked.read_bytes()
    for name, said in (
        ("", "is not a file"),
        ("fifo", "is not a file"),
        ("stocked.db", "is the database"),
        ("stocked.db.lock", "is the database"),
        ("link", "is the database"),
        ("loop", "can't be followed"),
        ("nowhere/backup.db", "does not exist"),
    ):
        for command in ("backup", "restore"):
            done = ibkr_sync("--database", stocked, "db", command, f"{folder}/{name}", "--yes")
            assert (done.code, said in done.message) == (2, True), (command, name, done)
    kept = ibkr_sync("--database", stocked, "db", "backup", folder / "there")
    assert (kept.code, (folder / "there").read_text()) == (2, "precious")
    assert "there --yes" in kept.message
    assert ibkr_sync("--database", stocked, "db", "backup", folder / "there", "--yes").code == 0
    assert stocked.read_bytes() == before

    for url in ("mysql://u:hush@x/y", "postgresql://u:hush@h@x:99999999/y", ":memory:", ""):
        done = ibkr_sync("--database", stocked, "db", "copy", "--to", url)
        assert (done.code, "hush" in done.err) == (2, False), done

    sealed = folder / "sealed"
    sealed.mkdir(mode=0o500)
    done = ibkr_sync(
        "--database", stocked, "db", "backup", sealed / "backup.db", without_root_rights=True
    )
    assert (done.code, str(sealed) in done.message) == (7, True), done
