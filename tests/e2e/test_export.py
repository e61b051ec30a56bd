"""What is stored can be given to other systems."""

from __future__ import annotations

import json
from pathlib import Path

from e2e.command_line import CommandLine


def test_all_that_is_stored_becomes_the_same_elsewhere(
    ibkr_sync: CommandLine, stocked: Path, tmp_path: Path
) -> None:
    here = ("--database", stocked)
    for name in ("all.csv", "all.jsonl"):
        file, other = tmp_path / name, tmp_path / f"{name}.db"
        done = ibkr_sync(*here, "-o", file, "export", "--to", name.partition(".")[2])
        assert (done.code, done.out) == (0, "")
        assert f"3 products, 294 contracts → {file}" in done.err
        there = ("--database", other)
        taken = ibkr_sync(*there, "get", "ES", "VIX", "CL", "--source", f"file:{file}", "--json")
        assert [each["outcome"] for each in taken.json["outcomes"]] == ["created"] * 3, taken
        exported = ibkr_sync(*there, "export", "--to", "jsonl").out.splitlines()
        before = ibkr_sync(*here, "export", "--to", "jsonl").out.splitlines()
        chains = [
            [
                [contract["con_id"], contract["tick_value"], contract["market_rules"]]
                for contract in json.loads(line)["contracts"]
            ]
            for line in exported + before
        ]
        assert chains[:3] == chains[3:]


def test_products_and_contracts_are_exported_or_nothing(
    ibkr_sync: CommandLine, stocked: Path, tmp_path: Path
) -> None:
    here, file = ("--database", stocked, "export", "--to", "csv"), tmp_path / "it.csv"
    file.write_text("before")
    failed = ibkr_sync(*here, "ES", "NOPE", "CL 209912", "-o", file)
    assert (failed.code, file.read_text()) == (5, "before")
    assert "NOPE was not found" in failed.err
    assert "CL 209912 is not in the chain" in failed.err

    done = ibkr_sync(*here, "ES 202703", "ESZ26", "VIX")
    assert done.code == 0
    rows = done.rows()
    assert {(row["symbol"], row["scope"]) for row in rows} == {
        ("ES", "selection"),
        ("VIX", "chain"),
    }
    assert sum(row["symbol"] == "ES" for row in rows) == 2

    past = ibkr_sync(*here, "ESZ26", "--as-of", "0d")
    assert "not known of the past" in past.err
    assert {row["order_types"] for row in past.rows()} == {""}
    then = ibkr_sync(*here, "ES", "--as-of", "2020-01-01")
    assert (then.code, then.out) == (5, "")
    assert "was not known" in then.err
    for arguments, message in (
        (("-o", tmp_path), "is a folder"),
        (("-o", stocked), "is the database"),
        (("-o", tmp_path / "it.parquet"), "promises another format than --to csv"),
        (("--exchange", "CME"), "need a SYMBOL"),
        (("--columns", "con_id"), "export has them all"),
        (("--json",), "is --to csv that says the format"),
    ):
        refused = ibkr_sync(*here, *arguments)
        assert (refused.code, refused.out) == (2, "")
        assert message in refused.message


def test_a_table_of_the_users_is_written_only_where_it_is_to_be_and_by_real_data(
    ibkr_sync: CommandLine, stocked: Path, tmp_path: Path
) -> None:
    here = ("--database", stocked, "export", "--to", "pysystemtrade", "-o")
    table = "Instrument,IBSymbol,IBExchange,IBCurrency,IBMultiplier,priceMagnifier,IgnoreWeekly\r\n"
    file = tmp_path / "ib_config_futures.csv"
    file.write_text(table + "SP500,ES,GLOBEX,NA,50,1,FALSE\r\n", newline="")
    before = file.read_bytes()

    shown = ibkr_sync(*here, file, "ES", "--json")
    assert (shown.code, shown.json["written"]) == (6, False)
    assert [finding["expected"] for finding in shown.json["findings"]] == ["CME"]
    assert shown.err.endswith("note: this is sample data, which corrects no file\n")
    refused = ibkr_sync(*here, file, "--yes")
    assert (refused.code, "sample data" in refused.err) == (2, True)
    assert file.read_bytes() == before

    file.write_text("a,b\n1,2\n")
    unread = ibkr_sync(*here, file)
    assert (unread.code, unread.out) == (2, "")
    assert "at line 1: the column Instrument is not there" in unread.err
    assert ibkr_sync(*here, tmp_path / "none.csv").code == 2
    assert "corrects no file of yours" in ibkr_sync("export", "--to", "csv", "--yes").err
