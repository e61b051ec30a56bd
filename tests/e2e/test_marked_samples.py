"""Whatever tells of sample data says so: a table itself, anything else on stderr."""

from __future__ import annotations

from pathlib import Path

import pytest

from e2e.command_line import CommandLine

NOTE = "note: this is sample data\n"
TAG = "SAMPLE DATA"

TELL_OF_DATA = (
    ("changes",),
    ("changes", "ES"),
    ("history", "ES"),
    ("history", "ES", "--field", "multiplier"),
    ("check",),
    ("check", "--max-age", "1s"),
    ("watchlist", "list"),
)


@pytest.fixture
def database(ibkr_sync: CommandLine, stocked: Path) -> Path:
    """A database of sample products, one of which is watched."""
    assert ibkr_sync("--database", stocked, "watchlist", "add", "ES").code == 0
    return stocked


@pytest.mark.parametrize("command", TELL_OF_DATA, ids=" ".join)
def test_a_table_that_tells_of_sample_data_is_marked(
    ibkr_sync: CommandLine, database: Path, command: tuple[str, ...]
) -> None:
    done = ibkr_sync("--database", database, *command, "-f", "table")
    assert TAG in done.out
    assert NOTE not in done.err


@pytest.mark.parametrize("format_", ["json", "tsv"])
@pytest.mark.parametrize("command", TELL_OF_DATA, ids=" ".join)
def test_where_sample_data_goes_to_a_program_stderr_tells_of_it(
    ibkr_sync: CommandLine, database: Path, command: tuple[str, ...], format_: str
) -> None:
    done = ibkr_sync("--database", database, *command, "-f", format_)
    assert done.err.count(NOTE) == 1
    assert TAG not in done.out
    assert NOTE not in done.out


@pytest.mark.parametrize("command", TELL_OF_DATA, ids=" ".join)
def test_who_wants_it_quiet_is_not_told_of_sample_data(
    ibkr_sync: CommandLine, database: Path, command: tuple[str, ...]
) -> None:
    assert NOTE not in ibkr_sync("-q", "--database", database, *command).err


@pytest.mark.parametrize("format_", ["table", "tsv"])
@pytest.mark.parametrize("of", [(), ("ES",)], ids=["all", "one"])
def test_where_nothing_is_told_nothing_is_marked(
    ibkr_sync: CommandLine, database: Path, of: tuple[str, ...], format_: str
) -> None:
    command = ("changes", *of, "--severity", "critical", "-f", format_)
    done = ibkr_sync("--database", database, *command)
    assert done.code == 0
    assert NOTE not in done.err
    assert TAG not in done.out


def test_what_is_watched_and_not_stored_is_no_sample_data(ibkr_sync: CommandLine) -> None:
    ibkr_sync("watchlist", "add", "ES")
    for command in (("watchlist", "list"), ("check",)):
        for format_ in ("tsv", "table"):
            done = ibkr_sync(*command, "-f", format_)
            assert NOTE not in done.err
            assert TAG not in done.out


def test_the_document_of_a_history_has_the_origin(ibkr_sync: CommandLine, database: Path) -> None:
    assert ibkr_sync("--database", database, "history", "ES", "--json").json["origin"] == "sample"
