"""Whatever tells of sample data says so: a table itself, anything else on stderr."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from e2e.command_line import CommandLine

NOTE = "note: this is sample data\n"
TAG = "SAMPLE DATA"

SHOW_DATA = (
    ("changes",),
    ("changes", "ES"),
    ("history", "ES"),
    ("history", "ES", "--field", "multiplier"),
    ("next", "ES"),
    ("check",),
    ("check", "--max-age", "1s"),
    ("watchlist", "list"),
)


@pytest.fixture(scope="module")
def database(
    _stocked: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A database of sample products, one of which is watched; what is tried here only reads."""
    folder = tmp_path_factory.mktemp("watched")
    path = Path(shutil.copy(_stocked, folder / "watched.db"))
    assert CommandLine(folder)("--database", path, "watchlist", "add", "ES").code == 0
    return path


@pytest.mark.parametrize("command", SHOW_DATA, ids=" ".join)
def test_what_reports_sample_data_says_so(
    ibkr_sync: CommandLine, database: Path, command: tuple[str, ...]
) -> None:
    table = ibkr_sync("--database", database, *command, "-f", "table")
    assert TAG in table.out
    assert NOTE not in table.err
    for format_ in ("json", "tsv"):  # for a program, so stderr tells of it
        done = ibkr_sync("--database", database, *command, "-f", format_)
        assert done.err.count(NOTE) == 1
        assert TAG not in done.out
        assert NOTE not in done.out
    assert NOTE not in ibkr_sync("-q", "--database", database, *command).err


@pytest.mark.parametrize("of", [(), ("ES",)], ids=["all", "one"])
def test_where_nothing_is_reported_nothing_is_marked(
    ibkr_sync: CommandLine, database: Path, of: tuple[str, ...]
) -> None:
    for format_ in ("table", "tsv"):
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
