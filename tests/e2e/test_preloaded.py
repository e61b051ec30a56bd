"""A fork of the preloaded command does what the installed command does."""

from __future__ import annotations

from copy import copy
from pathlib import Path

import pytest

from e2e.command_line import CommandLine


@pytest.fixture
def installed(ibkr_sync: CommandLine) -> CommandLine:
    """The installed command where the preloaded one is: same home, same working folder."""
    command = copy(ibkr_sync)
    command.installed = True
    return command


@pytest.mark.parametrize(
    ("arguments", "env"),
    [
        (["show", "ES", "--json"], {}),
        pytest.param(["show", "ES", "-f", "table"], {"COLUMNS": "60"}, marks=pytest.mark.faults),
        pytest.param(["show", "GC"], {}, marks=pytest.mark.faults),
        (["shwo"], {"COLUMNS": "60"}),
        pytest.param(["get", "--help"], {}, marks=pytest.mark.faults),
        pytest.param(["config", "show"], {"IBKR_SYNC_PORT": "none"}, marks=pytest.mark.faults),
        (["schedule", "--print", "cron"], {"TZ": "America/New_York"}),
        (["--debug", "show", "ES CME GLOBEX"], {}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_it_ends_and_prints_as_the_installed_command_does(
    ibkr_sync: CommandLine,
    installed: CommandLine,
    stocked: Path,
    arguments: list[str],
    env: dict[str, str],
) -> None:
    call: list[str | Path] = ["--database", stocked, *arguments]

    assert ibkr_sync(*call, env=env) == installed(*call, env=env)
    assert ibkr_sync.on_terminal(*call, env=env) == installed.on_terminal(*call, env=env)


def test_what_a_run_sets_is_gone_with_it(ibkr_sync: CommandLine, stocked: Path) -> None:
    show = ("--database", stocked, "show", "ES", "--json")
    before = ibkr_sync(*show)

    ibkr_sync("-vv", "--no-color", "--profile", "demo", "get", "NQ", env={"NO_COLOR": "1"})

    assert before.err == ""
    assert ibkr_sync(*show) == before
