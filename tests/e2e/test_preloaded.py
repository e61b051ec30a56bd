"""A run of the preloaded command does what the installed command does."""

from __future__ import annotations

from copy import copy
from pathlib import Path

import pytest

from e2e.command_line import CommandLine, Way
from e2e.one_run import CLOCK

PRINTED = [
    (["show", "ES", "-f", "table"], {"COLUMNS": "60", "PYTHONIOENCODING": "latin-1"}),
    (["schedule", "--print", "cron"], {"TZ": "America/New_York"}),
    (["--debug", "show", "ES CME GLOBEX"], {}),
]
PRINTED_TOO = [
    pytest.param(arguments, env, marks=pytest.mark.faults)
    for arguments, env in (
        (["show", "ES", "--json"], {}),
        (["show", "GC"], {}),
        (["shwo"], {"COLUMNS": "60"}),
        (["get", "--help"], {}),
        (["config", "show"], {"IBKR_SYNC_PORT": "none"}),
    )
]


def words(value: object) -> str:
    return " ".join(value) if isinstance(value, list) else ""


@pytest.mark.parametrize(("arguments", "env"), [*PRINTED, *PRINTED_TOO], ids=words)
def test_it_ends_and_prints_as_the_installed_command_does(
    ibkr_sync: CommandLine, stocked: Path, arguments: list[str], env: dict[str, str]
) -> None:
    call: list[str | Path] = ["--database", stocked, *arguments]
    in_place, fork, installed = (run_as(way, ibkr_sync) for way in Way)

    assert in_place(*call, env=env) == fork(*call, env=env) == installed(*call, env=env)
    assert in_place.on_terminal(*call, env=env) == fork.on_terminal(*call, env=env)


@pytest.mark.parametrize(("arguments", "env"), [PRINTED[0], *PRINTED_TOO], ids=words)
def test_it_does_so_on_a_terminal(
    ibkr_sync: CommandLine, stocked: Path, arguments: list[str], env: dict[str, str]
) -> None:
    call: list[str | Path] = ["--database", stocked, *arguments]
    in_place, _, installed = (run_as(way, ibkr_sync) for way in Way)

    assert in_place.on_terminal(*call, env=env) == installed.on_terminal(*call, env=env)


def run_as(way: Way, command_line: CommandLine) -> CommandLine:
    """The command run in this way: same home, same working folder."""
    other = copy(command_line)
    other.way = way
    return other


def test_what_a_run_sets_is_gone_with_it(ibkr_sync: CommandLine, stocked: Path) -> None:
    show = ("--database", stocked, "show", "ES", "--json")
    before = ibkr_sync(*show)
    log, elsewhere = ibkr_sync.cwd / "run.log", stocked.parent / "elsewhere"
    elsewhere.mkdir()
    other = copy(ibkr_sync)
    other.cwd = elsewhere

    other(
        *("-vv", "--no-color", "--debug", "--log-file", log, "--profile", "demo", "get", "NQ"),
        env={"NO_COLOR": "1", "TZ": "Asia/Tokyo", CLOCK: "2031-01-01T00:00:00+00:00"},
    )
    other("--help")
    other("shwo")

    logged = log.read_bytes()
    assert logged
    assert before.err == ""
    assert ibkr_sync(*show) == before
    assert ibkr_sync(*show) == run_as(Way.FORK, ibkr_sync)(*show)
    assert log.read_bytes() == logged
