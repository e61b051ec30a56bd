"""What a shell is answered: the words of the commands, and names from the database in use."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

import completion_table
from ibkr_sync.config.config_files import config_folders
from ibkr_sync.config.loading import load_settings
from ibkr_sync_cli.completion.asked import answer_shell
from ibkr_sync_cli.completion.shells import Question
from ibkr_sync_cli.completion.stored_names import _database, _documents, stored_names
from ibkr_sync_cli.completion.words import TABLE, candidates_for
from one_case import one_case

UNPIN = "Forget which product a symbol means"
CONFIG = """
profile = "mine"
database = "shared.db"
[profiles.mine]
source = "ibkr"
database = "own.db"
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home and a working folder with nothing in them."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def words(line: str, environ: dict[str, str] | None = None) -> list[str]:
    *before, beginning = line.split(" ")
    found = candidates_for(Question(tuple(before), beginning), environ or {})
    return [candidate.word for candidate in found]


def test_the_table_is_that_of_the_commands() -> None:
    assert TABLE.read_text("utf-8") == completion_table.table(), "make docs"


def test_commands_options_and_choices_are_completed_wherever_they_stand() -> None:
    assert words("sh") == ["show"]
    assert words("watchlist re") == ["remove"]
    assert words("help watchlist ad") == ["add"]
    assert words("-p demo show ES --ser") == ["--series"]
    assert words("show --json ES --database x --prof") == ["--profile"]
    assert words("show ES --series w") == ["weekly"]
    assert words("history --field last_trade_d") == ["last_trade_date"]
    assert words("show ES -p ") == ["local", "ibkr", "demo"]
    assert words("show ES --as-of ") == words("get --host ") == []


def test_names_are_those_of_the_database_that_the_settings_name(home: Path) -> None:
    local = {"IBKR_SYNC_PROFILE": "local"}
    for config, given, environ in (
        ("", {}, {}),
        ("", {"-p": "demo"}, {}),
        ("", {"--database": "x.db"}, {}),
        ("", {}, {"IBKR_SYNC_DATABASE": "~/y.db"}),
        (CONFIG, {}, {}),
        (CONFIG, {}, local),
        (CONFIG, {"--profile": "demo"}, local),
        ('[database]\nlocation = "~/z.db"', {}, {}),
    ):
        Path("ibkr-sync.toml").write_text(config, encoding="utf-8")
        flags = {"profile": given.get("-p") or given.get("--profile")}
        flags["database"] = given.get("--database")
        everything = {"HOME": str(home), **environ}
        expected = load_settings(flags, everything, Path.cwd(), config_folders())
        found = _database(given, everything, list(_documents(given, everything)))
        assert str(found) == expected.settings.active.database, (config, given, environ)


def test_what_can_not_be_read_has_no_names(home: Path) -> None:
    for given in (
        {"--database": "postgresql://u:p@h/d"},
        {"--database": str(home)},
        {"--database": "none.db"},
    ):
        assert stored_names("symbol", "E", given, {}) == []
    assert not Path("none.db").exists()
    Path("ibkr-sync.toml").write_text("[", encoding="utf-8")
    assert stored_names("symbol", "E", {}, {}) == stored_names("profile", "", {}, {}) == []


def test_a_name_that_a_shell_would_run_is_not_offered() -> None:
    with sqlite3.connect("x.db") as connection:
        connection.execute("CREATE TABLE sync_runs (id TEXT)")
        connection.executemany("INSERT INTO sync_runs VALUES (?)", [("$(id)",), ("7",), ("a b",)])
    connection.close()

    assert stored_names("run", "", {"--database": "x.db"}, {}) == ["7"]


@one_case(
    ("asked", "line", "code", "out"),
    [
        ("complete_bash", "x ru", 0, "runs\n"),
        ("complete_zsh", "x unp", 0, f'_arguments \'*: :(("unpin":"{UNPIN}"))\'\n'),
        ("complete_zsh", "x import ", 0, "_files\n"),
        ("complete_fish", "x unp", 0, f"unpin\t{UNPIN}\n"),
        ("complete_powershell", "x unp", 0, f"unpin:::{UNPIN}\n"),
        ("source_bash", "", None, ""),
        ("", "", None, ""),
    ],
)
def test_a_shell_is_answered_in_its_own_form(
    asked: str, line: str, code: int | None, out: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {"COMP_WORDS": line, "COMP_CWORD": "1", "_TYPER_COMPLETE_ARGS": line}

    assert answer_shell({"_IBKR_SYNC_COMPLETE": asked, **given}) == code
    assert capsys.readouterr().out == out


def test_fish_asks_first_whether_there_are_words() -> None:
    for line, code in (("x unp", 0), ("x import ", 1)):
        given = {"_TYPER_COMPLETE_ARGS": line, "_TYPER_COMPLETE_FISH_ACTION": "is-args"}
        assert answer_shell({"_IBKR_SYNC_COMPLETE": "complete_fish", **given}) == code
