"""Every call that the pages show can be typed, and every option that they name exists."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from commands_page import contexts
from ibkr_sync_cli.app import app
from one_case import one_case

REPOSITORY = Path(__file__).parents[3]
PAGES = (
    *(REPOSITORY / name for name in ("README.md", "CONTRIBUTING.md", "config.example.toml")),
    *(path for path in (REPOSITORY / "docs").rglob("*.md") if path.name != "commands.md"),
)
ROOT: Any = typer.main.get_command(app)

CODE = re.compile(r"^```.*?^```|`[^`\n]+`", re.DOTALL | re.MULTILINE)
OPTION = re.compile(r"(?<=[\s`(])--[a-z][a-z-]+")
CALL = re.compile(r"(?:^\$ |next:  |^`)ibkr-sync +([^`#\n]+)", re.MULTILINE)
OF_OTHER_PROGRAMS = {"CONTRIBUTING.md", "notifications.md"}
"""Pages with options of ours and of others."""

OTHER_ALTERNATIVES = re.compile(r"\\\|[\w|\\-]+")
VALUES = {"DATE": "2026-11-23", "SEVERITY": "critical"}
"""Of placeholders that are checked as they are read."""


def calls() -> Iterator[str]:
    """Each call as it is shown, with its page; of alternatives the first."""
    for page in PAGES:
        for code in CODE.findall(page.read_text("utf-8")):
            shown = CALL.findall(code)
            if not shown and code.strip("`").split()[0] in ROOT.commands:
                shown = [code.strip("`")]
            for line in shown:
                first = OTHER_ALTERNATIVES.sub("", line).split(" | ")[0]
                # Typer installs completion as it reads the option.
                if " " in first and "-completion" not in first:
                    yield f"{page.name}: {first.strip()}"


def parsed(words: list[str]) -> list[str]:
    """Read the words as a call would and run nothing; gives the names of the commands."""
    names = []
    here = ROOT.make_context("ibkr-sync", words)
    while hasattr(here.command, "commands"):
        name, command, rest = here.command.resolve_command(
            here, [*here._protected_args, *here.args]
        )
        here = command.make_context(name, rest, parent=here)
        names.append(name)
    return names


CALLS = sorted(set(calls()))


@one_case("call", CALLS)
def test_a_call_that_a_page_shows_can_be_typed(call: str) -> None:
    words = [VALUES.get(word, word) for word in shlex.split(call.partition(": ")[2])]
    assert parsed(words)


def test_calls_are_found() -> None:
    assert "README.md: next GC ES" in CALLS
    assert "nightly-refresh.md: hours SYMBOL --on DATE" in CALLS


def test_an_option_that_a_page_names_exists() -> None:
    known = {
        option
        for context in contexts()
        for parameter in context.command.params
        for option in parameter.opts
    }
    named = {
        (page.name, option)
        for page in PAGES
        if page.name not in OF_OTHER_PROGRAMS
        for option in OPTION.findall(page.read_text("utf-8"))
    }
    assert ("README.md", "--months") in named
    assert not {(page, option) for page, option in named if option not in known}
