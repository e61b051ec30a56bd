"""Everything that can be typed says what it does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer

import commands_page
from ibkr_sync_cli.app import app
from ibkr_sync_cli.messages.exit_codes import EXIT_CODE_HELP, ExitCode
from one_case import one_case


def commands(command: Any, path: str = "ibkr-sync") -> Iterator[tuple[str, Any]]:
    """Every command with the words that call it."""
    yield path, command
    for name, sub in getattr(command, "commands", {}).items():
        yield from commands(sub, f"{path} {name}")


ROOT: Any = typer.main.get_command(app)
COMMANDS = dict(commands(ROOT))
NARROWING = {"--exchange", "--currency", "--trading-class", "--multiplier"}
PARAMETERS = {
    f"{path} {parameter.opts[0]}": parameter
    for path, command in COMMANDS.items()
    for parameter in command.params
}
COLUMNS = 80


def drawn_help(path: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The help of a command on a terminal of the usual width."""
    monkeypatch.setenv("COLUMNS", str(COLUMNS))
    here = ROOT.make_context("ibkr-sync", ["list"], resilient_parsing=True)
    for word in path.split()[1:]:
        below = here.command.commands[word]
        here = below.make_context(word, [], parent=here, resilient_parsing=True)
    return str(here.get_help())


def test_the_commands_are_found() -> None:
    assert {"ibkr-sync get", "ibkr-sync show", "ibkr-sync config show"} <= COMMANDS.keys()
    assert {"ibkr-sync --profile", "ibkr-sync get --source"} <= PARAMETERS.keys()


@one_case("path", COMMANDS)
def test_a_command_says_what_it_does(path: str) -> None:
    text = COMMANDS[path].help
    assert text
    assert text.splitlines()[0].rstrip().endswith((".", ").")), text


@one_case("path", PARAMETERS)
def test_an_option_or_argument_says_what_it_does(path: str) -> None:
    text = PARAMETERS[path].help
    assert text
    assert text[0].isupper() or not text[0].isalpha() or " " in text


@one_case("path", COMMANDS)
def test_a_page_of_help_fits_a_terminal(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    page = drawn_help(path, monkeypatch)

    assert max(map(len, page.splitlines())) <= COLUMNS, page
    assert "Usage: " + path in page
    assert not re.search(r"<\w+>|[╭│]", page), "flags have no values, and there are no frames"
    assert page.endswith((EXIT_CODE_HELP, "exit codes: ibkr-sync --help"))


@one_case("path", COMMANDS)
def test_global_options_stand_in_the_help_of_the_program_alone(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = drawn_help(path, monkeypatch)

    is_program = path == "ibkr-sync"
    assert ("--log-format" in page, "-q, --quiet " in page) == (is_program, is_program)


@one_case("path", PARAMETERS)
def test_no_help_of_an_option_or_argument_breaks_its_lines_itself(path: str) -> None:
    assert "\n" not in PARAMETERS[path].help


def test_the_commands_stand_under_headings(monkeypatch: pytest.MonkeyPatch) -> None:
    page = drawn_help("ibkr-sync", monkeypatch)

    order = ["Daily commands:", "\n  get ", "Looking at", "\n  show ", "Upkeep:", "\n  config "]
    assert sorted(order, key=page.index) == order


def test_the_page_of_commands_is_that_of_their_help() -> None:
    assert commands_page.PAGE.read_text("utf-8") == commands_page.page(), "make docs"


@one_case("code", ExitCode)
def test_an_exit_code_is_in_the_help(code: ExitCode) -> None:
    assert re.search(rf"(?<!\d){code.value}(?!\d)", EXIT_CODE_HELP)


def test_no_line_of_the_exit_codes_is_wider_than_a_terminal() -> None:
    assert max(map(len, EXIT_CODE_HELP.splitlines())) <= COLUMNS


@one_case("path", COMMANDS)
def test_what_narrows_a_symbol_is_the_same_in_every_command(path: str) -> None:
    options = {parameter.opts[0] for parameter in COMMANDS[path].params}
    assert options & NARROWING in (set(), NARROWING) or path.endswith((" list", " expirations"))
