"""Everything that can be typed says what it does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
import typer

from ibkr_sync_cli.app import app
from ibkr_sync_cli.messages.exit_codes import EXIT_CODE_HELP, ExitCode
from one_case import one_case


def commands(command: Any, path: str = "ibkr-sync") -> Iterator[tuple[str, Any]]:
    """Every command with the words that call it."""
    yield path, command
    for name, sub in getattr(command, "commands", {}).items():
        yield from commands(sub, f"{path} {name}")


COMMANDS = dict(commands(typer.main.get_command(app)))
NARROWING = {"--exchange", "--currency", "--trading-class", "--multiplier"}
PARAMETERS = {
    f"{path} {parameter.opts[0]}": parameter
    for path, command in COMMANDS.items()
    for parameter in command.params
}
COLUMNS = 80
MARGIN = 1


def drawn_help(
    path: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> str:
    """The help of a command on a terminal of the usual width."""
    monkeypatch.setenv("COLUMNS", str(COLUMNS))
    command = COMMANDS[path]
    context = command.make_context(path, [], resilient_parsing=True)
    command.format_help(context, context.make_formatter())
    return capsys.readouterr().out


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
def test_no_line_of_the_help_ends_before_its_words_fill_it(
    path: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    prose = drawn_help(path, monkeypatch, capsys).partition("╭")[0]
    for paragraph in re.split(r"\n\s*\n", prose):
        for line, following in pairwise(paragraph.strip().splitlines()):
            filled = f"{line.strip()} {following.split()[0]}"
            assert len(filled) > COLUMNS - 2 * MARGIN, prose


@one_case("path", PARAMETERS)
def test_no_help_of_an_option_or_argument_breaks_its_lines_itself(path: str) -> None:
    assert "\n" not in PARAMETERS[path].help


@one_case("path", COMMANDS)
def test_that_more_may_follow_is_told_once(
    path: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not re.search(r"\.{3}\S*\.{3}", drawn_help(path, monkeypatch, capsys))


def test_the_exit_codes_stand_together(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    drawn = drawn_help("ibkr-sync", monkeypatch, capsys).rstrip()
    lines = [line.strip() for line in drawn.splitlines()]
    assert "\n".join(lines).endswith("\n\n" + EXIT_CODE_HELP)
    assert "\n\n" not in EXIT_CODE_HELP


@one_case("code", ExitCode)
def test_an_exit_code_is_in_the_help(code: ExitCode) -> None:
    help_ = COMMANDS["ibkr-sync"].epilog
    assert help_ == EXIT_CODE_HELP
    assert re.search(rf"(?<!\d){code.value}(?!\d)", help_)


def test_no_line_of_the_exit_codes_is_wider_than_a_terminal() -> None:
    assert max(map(len, EXIT_CODE_HELP.splitlines())) <= 78  # typer indents by one


@one_case("path", COMMANDS)
def test_what_narrows_a_symbol_is_the_same_in_every_command(path: str) -> None:
    options = {parameter.opts[0] for parameter in COMMANDS[path].params}
    assert options & NARROWING in (set(), NARROWING) or path.endswith((" list", " expirations"))
