"""What is shown can be read back: a file is a source like any other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from e2e.command_line import CommandLine


def without_bookkeeping(product: dict[str, Any]) -> dict[str, Any]:
    """The product without what each database says for itself."""
    kept = {key: value for key, value in product.items() if key not in {"origin", "synced_at"}}
    kept["contracts"] = [
        {key: value for key, value in contract.items() if key not in {"listing", "market_rules"}}
        for contract in product["contracts"]
    ]
    return kept


@pytest.mark.parametrize("format_", ["json", "jsonl", "csv"])
def test_a_shown_product_becomes_the_same_product_elsewhere(
    ibkr_sync: CommandLine, stocked: Path, tmp_path: Path, format_: str
) -> None:
    file, other = tmp_path / f"es.{format_}", tmp_path / "other.db"
    file.write_text(ibkr_sync("--database", stocked, "show", "ES", "-f", format_).out)

    taken = ibkr_sync("--database", other, "get", "ES", "--source", f"file:{file}", "-f", "json")
    again = ibkr_sync("--database", other, "get", "ES", "--source", f"file:{file}", "-f", "json")

    assert (taken.code, taken.err, taken.json["outcomes"][0]["outcome"]) == (0, "", "created")
    assert again.json["outcomes"][0]["outcome"] == "unchanged"
    before = ibkr_sync("--database", stocked, "show", "ES", "--json").json
    after = ibkr_sync("--database", other, "show", "ES", "--json").json
    assert without_bookkeeping(after) == without_bookkeeping(before)
    assert after["origin"] == "sample"  # it stays what it is


@pytest.mark.parametrize("format_", ["json", "jsonl", "csv"])
@pytest.mark.parametrize(
    "words",
    [
        ("show", "ES 202703"),
        ("show", "ES", "--series", "weekly"),
        ("next", "ES"),
    ],
)
def test_a_part_of_a_chain_is_never_taken_for_the_whole(
    ibkr_sync: CommandLine, stocked: Path, tmp_path: Path, words: tuple[str, ...], format_: str
) -> None:
    file, other = tmp_path / f"es.{format_}", tmp_path / "other.db"
    file.write_text(ibkr_sync("--database", stocked, *words, "-f", format_).out)
    done = ibkr_sync("--database", other, "get", "ES", "--source", f"file:{file}", "-f", "json")
    assert (done.code, done.out) == (2, "")
    if words[0] == "show":
        assert "only a part of the chain was exported" in done.message
    assert not other.exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "No such file or directory"),
        ("", ""),
        ("{", "line 1"),
        ('{"schema": "ibkr-sync/product/9"}', "schema"),
        ("con_id,symbol\n1,ES\n", ""),
    ],
    ids=["missing", "empty", "no JSON", "another schema", "columns missing"],
)
def test_a_bad_file_is_refused_and_nothing_stored(
    ibkr_sync: CommandLine, tmp_path: Path, content: str | None, message: str
) -> None:
    file = tmp_path / "es.json"
    if content is not None:
        file.write_text(content)

    done = ibkr_sync("get", "ES", "--source", f"file:{file}", "-f", "table")

    assert (done.code, done.out) == (2, "")
    assert str(file) in done.err
    assert message in done.err
    assert "ibkr-sync show SYMBOL --json" in done.err
    assert not any(ibkr_sync.home.iterdir())


def test_a_product_that_the_file_lacks_is_reported(
    ibkr_sync: CommandLine, stocked: Path, tmp_path: Path
) -> None:
    file = tmp_path / "es.json"
    file.write_text(ibkr_sync("--database", stocked, "show", "ES", "--json").out)

    done = ibkr_sync(
        *("--database", tmp_path / "other.db", "get", "CL", "ES"),
        *("--source", f"file:{file}", "--json"),
    )

    assert done.code == 4
    assert [outcome["outcome"] for outcome in done.json["outcomes"]] == ["failed", "created"]
    assert f"CL was not found in {file}" in done.err


@pytest.mark.parametrize(
    ("symbols", "code"),
    [
        (("ES 201512",), 5),
        (("ES 201512", "ES 201412"), 5),
        (("ES 201512", "ES 201412", "CL"), 4),
        (("ES 201512", "ES"), 4),
    ],
)
def test_contracts_that_are_absent_are_a_partial_failure_beside_what_was_stored(
    ibkr_sync: CommandLine, stocked: Path, symbols: tuple[str, ...], code: int
) -> None:
    done = ibkr_sync("--database", stocked, "get", *symbols, "--json")

    assert done.code == code
    assert "201512 is not in the chain" in done.err


def test_the_next_step_names_the_file_that_was_asked(
    ibkr_sync: CommandLine, stocked: Path, tmp_path: Path
) -> None:
    file = tmp_path / "es.json"
    file.write_text(ibkr_sync("--database", stocked, "show", "ES", "--json").out)
    source = ("--source", f"file:{file}")

    lacking = ibkr_sync("--database", stocked, "refresh", "CL", *source)
    no_contract = ibkr_sync("--database", stocked, "get", "ESZ40", *source)
    not_stored = ibkr_sync("--database", stocked, "get", "GC", "--max-age", "1d", *source)

    assert f"as {file} has" in lacking.err
    assert "show ES@CME" in no_contract.err  # the file has just been asked
    assert f"as {file} has" in not_stored.err
    for done in (lacking, no_contract, not_stored):
        assert "IBKR" not in done.err
        assert "--source ibkr" not in done.err


def test_a_file_that_says_no_time_gets_none_and_replaces_nothing(
    ibkr_sync: CommandLine, stocked: Path, tmp_path: Path
) -> None:
    document = ibkr_sync("--database", stocked, "show", "ES", "--json").json
    file, other = tmp_path / "es.json", tmp_path / "other.db"
    file.write_text(json.dumps(document | {"synced_at": None}))
    asked = ("--database", other, "get", "ES", "--source", f"file:{file}")

    taken, again = ibkr_sync(*asked), ibkr_sync(*asked)
    shown = ibkr_sync("--database", other, "show", "ES", "-f", "table")

    assert (taken.code, again.code) == (0, 4)
    assert "does not say as of when" in again.message
    assert ibkr_sync("--database", other, "show", "ES", "--json").json["synced_at"] is None
    assert "as of an unknown time" in shown.out
    listed = ibkr_sync("--database", other, "list", "-f", "table").out.splitlines()[2].split()
    assert "21" in listed
    assert ibkr_sync("--database", other, "check").code == 6
