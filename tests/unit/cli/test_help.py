"""Everything that can be typed says what it does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from ibkr_sync_cli.app import app
from ibkr_sync_cli.exit_codes import EXIT_CODE_HELP, ExitCode


def commands(command: Any, path: str = "ibkr-sync") -> Iterator[tuple[str, Any]]:  # noqa: ANN401
    """Every command with the words that call it."""
    yield path, command
    for name, sub in getattr(command, "commands", {}).items():
        yield from commands(sub, f"{path} {name}")


COMMANDS = dict(commands(typer.main.get_command(app)))
PARAMETERS = {
    f"{path} {parameter.opts[0]}": parameter
    for path, command in COMMANDS.items()
    for parameter in command.params
}


def test_the_commands_are_found() -> None:
    assert {"ibkr-sync get", "ibkr-sync show", "ibkr-sync config show"} <= COMMANDS.keys()
    assert {"ibkr-sync --profile", "ibkr-sync get --source"} <= PARAMETERS.keys()


@pytest.mark.parametrize("path", COMMANDS)
def test_a_command_says_what_it_does(path: str) -> None:
    text = COMMANDS[path].help
    assert text
    assert text.splitlines()[0].rstrip().endswith((".", ").")), text


@pytest.mark.parametrize("path", PARAMETERS)
def test_an_option_or_argument_says_what_it_does(path: str) -> None:
    text = PARAMETERS[path].help
    assert text
    assert text[0].isupper() or not text[0].isalpha() or " " in text


@pytest.mark.parametrize("code", ExitCode)
def test_an_exit_code_is_in_the_help(code: ExitCode) -> None:
    help_ = COMMANDS["ibkr-sync"].epilog
    assert help_ == EXIT_CODE_HELP
    assert re.search(rf"(?<!\d){code.value}(?!\d)", help_)


def test_no_line_of_the_exit_codes_is_wider_than_a_terminal() -> None:
    assert max(map(len, EXIT_CODE_HELP.splitlines())) <= 78  # typer indents by one
