"""Sample data stays out of the database that is kept for real data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from e2e.command_line import CommandLine
from e2e.gateways import gateway_with


def test_the_default_database_refuses_sample_data_from_any_source(
    ibkr_sync: CommandLine, stocked: Path, tmp_path: Path
) -> None:
    exported = tmp_path / "es.json"
    exported.write_text(ibkr_sync("--database", stocked, "show", "ES", "--json").out)

    refused = ibkr_sync("get", "ES", "--source", f"file:{exported}", "-f", "table")

    assert refused.code == 4
    assert "sample data" in refused.message
    assert "--database" in refused.message
    assert ibkr_sync("list", "--json").json["products"] == []


def by_a_detour(folder: Path, _: Path) -> Path:
    return folder / ".." / folder.name / "futures.db"


def by_a_link_to_the_folder(folder: Path, free: Path) -> Path:
    free.symlink_to(folder)
    return free / "futures.db"


def by_a_link_to_the_file(folder: Path, free: Path) -> Path:
    free.symlink_to(folder / "futures.db")
    return free


def by_where_a_link_leads(folder: Path, free: Path) -> Path:
    (folder / "futures.db").symlink_to(free)
    return free


@pytest.mark.parametrize(
    "named", [by_a_detour, by_a_link_to_the_folder, by_a_link_to_the_file, by_where_a_link_leads]
)
@pytest.mark.parametrize("exists", [True, False], ids=["existing", "not yet existing"])
def test_the_default_database_refuses_sample_data_by_whatever_path_it_is_named(
    ibkr_sync: CommandLine, tmp_path: Path, named: Callable[[Path, Path], Path], exists: bool
) -> None:
    data = default_data_folder(ibkr_sync)
    path = named(data, tmp_path / "elsewhere")
    if exists:
        assert ibkr_sync("watchlist", "add", "ES").code == 0

    refused = ibkr_sync("--profile", "demo", "--database", path, "get", "ES")

    assert refused.code == 4
    assert "sample data" in refused.message
    assert ibkr_sync("list", "--json").json["products"] == []


def test_the_default_database_refuses_sample_data_by_another_name_of_its_file(
    ibkr_sync: CommandLine, tmp_path: Path
) -> None:
    data = default_data_folder(ibkr_sync)
    assert ibkr_sync("watchlist", "add", "ES").code == 0
    (tmp_path / "other.db").hardlink_to(data / "futures.db")

    refused = ibkr_sync("--profile", "demo", "--database", tmp_path / "other.db", "get", "ES")

    assert refused.code == 4
    assert "sample data" in refused.message


def test_a_default_folder_that_leads_nowhere_keeps_no_other_database_from_use(
    ibkr_sync: CommandLine, tmp_path: Path
) -> None:
    data = default_data_folder(ibkr_sync)
    (data / "futures.db").symlink_to(data / "futures.db")

    done = ibkr_sync("--profile", "demo", "--database", tmp_path / "other.db", "get", "ES")

    assert done.code == 0, done


def test_what_came_of_sample_data_is_marked_in_every_format(
    ibkr_sync: CommandLine, stocked: Path
) -> None:
    demo = ("--profile", "demo", "--database", stocked)
    for asked, key in (
        (("get", "ES", "NQ"), "outcomes"),
        (("refresh", "ES", "GC"), "products"),
        (("db", "renormalise", "ES"), "products"),
    ):
        document = ibkr_sync(*demo, *asked, "--json").json
        assert {item["origin"] for item in document[key]} == {"sample"}, asked
        rows = ibkr_sync(*demo, *asked, "-f", "tsv").rows("\t")
        assert {[*row.items()][-1] for row in rows} == {("origin", "sample")}, asked
        assert "SAMPLE DATA" in ibkr_sync(*demo, *asked, "-f", "table").out, asked


def test_runs_against_the_built_in_gateway_are_of_sample_data(ibkr_sync: CommandLine) -> None:
    """Also one that brought nothing, which no product tells of."""
    assert ibkr_sync("--profile", "demo", "get", "ES").code == 0
    assert ibkr_sync("--profile", "demo", "get", "NOVA@CME").code != 0

    document = ibkr_sync("--profile", "demo", "runs", "--json").json
    table = ibkr_sync("--profile", "demo", "runs", "-f", "table").out

    assert [other["source"] for other in document["runs"]] == ["sample", "sample"]
    assert "SAMPLE DATA  2 runs · from sample data" in table
    for run in ("1", "2"):
        asked = ("--profile", "demo", "runs", "--run", run)
        of_one = ibkr_sync(*asked, "--json").json
        (row,) = ibkr_sync(*asked, "-f", "csv").rows()
        assert (of_one["source"], [*row.items()][-1]) == ("sample", ("source", "sample"))
        assert ibkr_sync(*asked, "-f", "table").out.startswith(f"SAMPLE DATA  run {run} ")


def test_runs_that_stored_sample_data_are_distinguished_from_those_that_did_not(
    ibkr_sync: CommandLine, stocked: Path
) -> None:
    with gateway_with() as gateway:
        source = ("--source", "ibkr", "--port", str(gateway.port))
        assert ibkr_sync("--database", stocked, "get", "ES", *source).code != 0

    table = ibkr_sync("--database", stocked, "runs", "-f", "table", env={"COLUMNS": "80"}).out
    other = ibkr_sync("--database", stocked, "runs", "--run", "2", "-f", "table").out

    newest, first = (line.split() for line in table.splitlines()[2:4])
    assert (newest[:3], first[:3]) == (["2", "get", "ibkr"], ["1", "get", "sample"])
    assert "SAMPLE DATA  2 runs\n" in table
    assert max(map(len, table.splitlines())) <= 80
    assert "SAMPLE DATA" not in other


def default_data_folder(ibkr_sync: CommandLine) -> Path:
    """The folder of the default database, made."""
    folder = ibkr_sync.home / ".local/share/ibkr-sync"
    folder.mkdir(parents=True)
    return folder
