"""Streams that are closed, words that are code elsewhere, paths that lead away, secrets."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from itertools import product
from pathlib import Path

import pytest

from e2e.command_line import COMMAND
from e2e.fault_matrix.ordeals import Fate, Ordeal
from e2e.fault_matrix.replies import rows_of
from e2e.fault_matrix.rig import Rig, asking, gateway_with
from e2e.fault_matrix.stores import SECRET
from gateway.faults import ErrorReply, ReplacedField
from thoroughness import how_many, some_of

LITERALS = (
    "'; DROP TABLE contracts; --",
    '"; DELETE FROM products; --',
    "%s %(x)s %n",
    ":x {0} {} ${x}",
    "[bold]b[/nope][link=http://x]",
    "=cmd|'/C calc'!A0",
    "+1+1",
    "@SUM(A1)",
    '"quoted","twice"',
)
WORDS = (*LITERALS, "../../etc/passwd", "ES\nNQ", "-", "\u202eES", "É" * 99)
FIELDS = ("long_name", "market_name")
"""What every reply states: what it leaves out would stay as it was stored."""


WITHOUT_A_READER = """
import os, sys
reader, writer = os.pipe()
os.dup2(writer, 1)
os.close(reader)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Runs the command with its stdout in a pipe whose reader has left."""


def redirected(streams: str) -> tuple[str, ...]:
    """What runs the command as a shell does which is told to redirect streams."""
    return ("/bin/sh", "-c", f'exec "$@" {streams}', "sh", str(COMMAND))


def is_logged(line: str) -> bool:
    """Whether a line of stderr belongs to the log."""
    return line.startswith('{"at": ')


@pytest.mark.parametrize(
    ("launcher", "code", "message"),
    [
        pytest.param(redirected(">&-"), 0, "Severity ", id="no-stdout"),
        pytest.param(redirected("2>&-"), 0, "", id="no-stderr"),
        pytest.param(redirected("<&- >&- 2>&-"), 0, "", id="no-streams"),
        pytest.param(
            (sys.executable, "-c", WITHOUT_A_READER, str(COMMAND)), 0, "Severity ", id="no-reader"
        ),
        pytest.param(
            redirected(">/dev/full"),
            1,
            "error: The result can't be written: No space left on device.\n",
            id="full",
        ),
    ],
)
def test_streams_that_are_closed_keep_nothing_from_being_stored(
    rig: Rig, launcher: tuple[str, ...], code: int, message: str
) -> None:
    """Where only the result has no place to go, stderr has what the run saw."""
    ordeal = Ordeal(launcher=launcher, code=code, fate=Fate.RENEWED, connections=1)
    lines = rig.endure(ordeal).run.err.splitlines(keepends=True)
    shown = "".join(line for line in lines if not is_logged(line))
    assert shown.startswith(message)
    assert ("error" in shown, bool(shown)) == ("error" in message, bool(message))


@pytest.mark.parametrize("environment", [{"LANG": "C"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}])
def test_any_locale_will_do(rig: Rig, environment: dict[str, str]) -> None:
    launcher = ("/usr/bin/env", *(f"{key}={value}" for key, value in environment.items()))
    rig.endure(Ordeal(launcher=(*launcher, str(COMMAND)), fate=Fate.RENEWED, connections=1))


def test_words_that_are_code_elsewhere_are_stored_as_they_are(any_rig: Rig) -> None:
    faults = [
        ReplacedField(row=row, field=field, value=text)
        for row, text in enumerate(LITERALS)
        for field in FIELDS
    ]
    ordeal = Ordeal(faults=faults, fate=Fate.OTHERWISE, connections=1)
    before = any_rig.store.tables()
    endured = any_rig.attempt(ordeal)
    stored = {row["con_id"]: row for row in any_rig.store.tables()["contracts"]}
    any_rig.check(ordeal, endured, before)
    for row, text in zip(rows_of("ES"), LITERALS, strict=False):
        contract = stored[int(row.con_id)]
        assert {contract[field] for field in FIELDS} == {text}


def schema_of(path: Path) -> list[object]:
    """What the database is made of."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT type, name, sql FROM sqlite_master").fetchall()


@pytest.mark.parametrize("word", some_of(WORDS, 3))
def test_a_symbol_that_is_code_elsewhere_is_none_here(rig: Rig, word: str) -> None:
    schema, before = schema_of(rig.store.path), rig.store.tables()
    with gateway_with() as gateway:
        arguments = asking([], gateway.port)
        endured = rig.run(*arguments, "--exchange", "../../etc", "--", word, gateway=gateway)
    assert endured.run.code in (2, 4, 5), endured
    assert schema_of(rig.store.path) == schema
    rig.check_database(Ordeal(), before)
    rig.recover_once(Ordeal())


def test_an_error_that_is_code_elsewhere_is_reported_as_text(any_rig: Rig) -> None:
    text = "[/nope] \x1b[2J %s {} ' OR 1=1 -- \u202e"
    any_rig.endure(Ordeal(faults=[ErrorReply(code=321, text=text)], code=4, message="[/nope]"))


@pytest.mark.parametrize("place", ["/etc/none/there.log", "folder"])
def test_a_log_that_can_not_be_written_is_reported_and_changes_nothing(
    rig: Rig, place: str
) -> None:
    (rig.command.cwd / "folder").mkdir()
    before = rig.store.tables()
    with gateway_with() as gateway:
        done = rig.command(
            *("--database", rig.store.location, "--log-file", place),
            *asking(["ES"], gateway.port),
        )
    assert done.code == 2, done
    assert "can't be written" in done.message
    rig.check_database(Ordeal(), before)
    rig.recover_once(Ordeal())


@pytest.mark.parametrize("suffix", ["", "-wal", "-shm", ".lock"])
def test_a_log_is_never_written_over_the_database(rig: Rig, suffix: str) -> None:
    before, kept = rig.store.tables(), rig.store.path.read_bytes()
    with gateway_with() as gateway:
        done = rig.command(
            *("--database", rig.store.location, "--log-file", f"{rig.store.location}{suffix}"),
            *asking(["ES"], gateway.port),
        )
    assert done.code == 2, done
    assert "is the database" in done.message
    assert rig.store.path.read_bytes() == kept
    rig.check_database(Ordeal(), before)


def test_files_are_their_owner_s_alone(rig: Rig) -> None:
    rig.endure(Ordeal(fate=Fate.RENEWED))
    modes = {path.name: path.stat().st_mode & 0o077 for path in rig.command.cwd.iterdir()}
    modes |= {path.name: path.stat().st_mode & 0o077 for path in rig.store.path.parent.glob("f*")}
    del modes["ibkr-sync.toml"]  # the test's own
    assert set(modes.values()) == {0}, modes


def test_a_password_is_reported_by_nothing_that_fails(rig: Rig) -> None:
    urls = (
        f"postgresql://u:{SECRET}@127.0.0.1:1/db",
        f"postgresql://u@127.0.0.1:1/db?password={SECRET}&sslpassword={SECRET}",
        f"postgresql://u:{SECRET}@127.0.0.1:port/db",
        f"nonsense://u:{SECRET}@h/db",
    )
    with gateway_with() as gateway:
        for url, verbose in product(urls, (("-vv",), ())[: how_many(1, 2)]):
            done = subprocess.run(  # noqa: S603 - our own command
                [str(COMMAND), *verbose, "--database", url, *asking(["ES"], gateway.port)],
                env=rig.command.environment({"IBKR_SYNC_DATABASE": url}),
                cwd=rig.command.cwd,
                capture_output=True,
                text=True,
                check=False,
                timeout=60,
            )
            assert done.returncode in (2, 7), done
            assert SECRET not in done.stdout + done.stderr
            assert "Traceback" not in done.stderr
    assert not [path for path in Path(rig.command.home).rglob("*") if path.is_file()]
