"""What is stored, in every format: stdout holds the result and nothing else."""

from __future__ import annotations

import json
import re
import shlex
from decimal import Decimal
from pathlib import Path

import pytest

from e2e.command_line import CommandLine, Ended


def test_the_same_products_twice_change_nothing(ibkr_sync: CommandLine) -> None:
    first = ibkr_sync("--profile", "demo", "get", "ES", "CL", "--json")
    again = ibkr_sync("--profile", "demo", "get", "ES", "ES", "CL", "--json")

    assert (first.code, again.code, again.err) == (0, 0, "")
    assert [outcome["outcome"] for outcome in first.json["outcomes"]] == ["created"] * 2
    assert [outcome["outcome"] for outcome in again.json["outcomes"]] == ["unchanged"] * 2


def test_all_formats_say_the_same_contracts(ibkr_sync: CommandLine, stocked: Path) -> None:
    def show(*options: str) -> str:
        done = ibkr_sync("--database", stocked, "show", "ES", *options)
        assert (done.code, done.err) == (0, "")
        return done.out

    document = json.loads(show("--json"))
    con_ids = [str(contract["con_id"]) for contract in document["contracts"]]
    assert document["schema"] == "ibkr-sync/product/2"
    assert (document["multiplier"], document["min_tick"]) == ("50", "0.25")
    assert {"active", "expired"} == {contract["state"] for contract in document["contracts"]}

    assert json.loads(show("-f", "jsonl")) == document
    assert len(show("-f", "jsonl").splitlines()) == 1
    by_comma = [line.split(",")[0] for line in show("-f", "csv").splitlines()]
    assert by_comma == ["con_id", *con_ids]
    whole = show("--format", "tsv")
    assert [line.split("\t")[0] for line in whole.splitlines()] == ["con_id", *con_ids]
    piped = [line.split("\t") for line in show().splitlines()]
    of_table = [
        str(contract["con_id"])
        for contract in document["contracts"]
        if contract["state"] == "active"
    ]
    assert [line[3] for line in piped] == ["con_id", *of_table]
    assert len(show("--expired").splitlines()) == len(whole.splitlines())
    assert len(piped[0]) < 20
    assert "{" not in show()


def test_the_format_may_stand_before_the_command_too(ibkr_sync: CommandLine, stocked: Path) -> None:
    before = ibkr_sync("--database", stocked, "--json", "show", "ES")
    after = ibkr_sync("--database", stocked, "-f", "csv", "show", "ES", "-f", "json")

    assert before.json == after.json
    assert before.json["symbol"] == "ES"


def test_the_table_has_expired_contracts_when_asked(ibkr_sync: CommandLine, stocked: Path) -> None:
    states = ibkr_sync("--database", stocked, "show", "ES", "--json").json["contracts"]
    expired = [state["local_symbol"] for state in states if state["state"] == "expired"]

    short = ibkr_sync("--database", stocked, "show", "ES", "-f", "table").out
    full = ibkr_sync("--database", stocked, "show", "ES", "-f", "table", "--expired").out

    assert f"{len(expired)} expired (--expired)" in short
    assert [symbol for symbol in expired if symbol in short] == []
    assert [symbol for symbol in expired if symbol not in full] == []
    assert max(map(len, (*short.splitlines(), *full.splitlines()))) <= 80


def test_several_are_shown_at_once_and_one_that_fails_loses_no_other(
    ibkr_sync: CommandLine, stocked: Path
) -> None:
    def ask(*arguments: str) -> Ended:
        return ibkr_sync("--database", stocked, *arguments)

    for command in ("show", "hours"):
        both = ask(command, "ES", "NOVA", "CL", "--json")
        assert both.code == 4
        assert "NOVA was not found" in both.err
        alone = [ask(command, number, "--json").json for number in ("ES", "CL")]
        assert [item["symbol"] for item in both.json] == ["ES", "CL"]
        assert [item.keys() for item in both.json] == [item.keys() for item in alone]
        rows = ask(command, "ES", "CL", "-f", "csv").rows()
        assert {row["symbol"] for row in rows} == {"ES", "CL"}
        assert {row["origin"] for row in rows} == {"sample"}
        assert ask(command, "NOVA", "NOVB").code == 5
        (one,) = ask(command, "ES", "NOVA", "--json").json
        assert one["symbol"] == "ES"
    table = ask("show", "ESZ6", "CL", "-f", "table").out
    assert "Contract month" in table
    assert "\n\nCL  Light Sweet Crude Oil" in table


def test_contracts_are_limited_and_put_in_order(ibkr_sync: CommandLine, stocked: Path) -> None:
    database = ("--database", stocked)
    done = ibkr_sync(*database, "show", "CL", "-n", "3", "--sort", "-last-trade-date", "--json")
    dates = [contract["last_trade_date"] for contract in done.json["contracts"]]
    assert len(dates) == 3
    assert dates == sorted(dates, reverse=True)
    assert done.json["scope"] == "selection"
    for wrong in (("-n", "0"), ("-n", "some"), ("--sort", "venues"), ("--sort", "multiplyer")):
        assert ibkr_sync(*database, "show", "CL", *wrong).code == 2
    assert "'multiplier'" in ibkr_sync(*database, "show", "CL", "--sort", "multiplyer").message

    code, sent = ibkr_sync.on_terminal(*database, "--no-color", "show", "CL", columns=400)
    step = re.search(r"… ([0-9]+) more: ibkr-sync (.*)", sent)
    assert step is not None
    rest, words = int(step[1]), shlex.split(step[2])
    assert (code, words[-3:]) == (0, ["CL@NYMEX", "-n", "all"])
    _, whole = ibkr_sync.on_terminal(*words, columns=400)
    assert len(whole.splitlines()) == len(sent.splitlines()) + rest - 1


def test_columns_are_chosen_by_name_and_written_to_a_file(
    ibkr_sync: CommandLine, stocked: Path, tmp_path: Path
) -> None:
    database, file = ("--database", stocked), tmp_path / "cl.csv"
    document = ibkr_sync(*database, "show", "CL", "--json").json
    done = ibkr_sync(*database, "--columns", "con_id,tick_value", "-o", file, "show", "CL")
    refused = ibkr_sync(*database, "--columns", "con_i", "show", "CL")
    guarded = ibkr_sync(*database, "--output", stocked, "list")

    assert (done.code, done.out, done.err) == (0, "", "note: this is sample data\n")
    assert file.read_text().splitlines() == [
        "con_id,tick_value",
        *(f"{contract['con_id']},{contract['tick_value']}" for contract in document["contracts"]),
    ]
    assert (refused.code, guarded.code) == (2, 2)
    assert "did you mean 'con_id'?" in refused.message
    assert "is the database" in guarded.message
    assert ibkr_sync(*database, "list").code == 0


def test_list_summarises_and_filters(ibkr_sync: CommandLine, stocked: Path) -> None:
    def listed(*options: str) -> list[str]:
        done = ibkr_sync("--database", stocked, "list", "--json", *options)
        message = "" if done.json["products"] else "note: nothing is stored of EUREX\n"
        assert (done.code, done.err, done.json["schema"]) == (0, message, "ibkr-sync/products/1")
        return [product["symbol"] for product in done.json["products"]]

    assert listed() == ["CL", "ES", "VIX"]
    assert listed("--exchange", "nymex") == ["CL"]


def test_list_of_an_empty_database_says_the_next_step(ibkr_sync: CommandLine) -> None:
    done = ibkr_sync("list")

    assert done.code == 0
    assert len(done.out.splitlines()) == 1  # the header
    assert "ibkr-sync get ES --source ibkr" in done.err
    assert ibkr_sync("--quiet", "list").err == ""
    assert not any(ibkr_sync.home.iterdir())


def test_without_a_gateway_a_product_comes_from_the_catalogue(ibkr_sync: CommandLine) -> None:
    done = ibkr_sync("get", "ES", "--json")
    shown = ibkr_sync("show", "ES", "--json").json

    assert (done.code, done.json["outcomes"][0]["listed"]) == (0, 0)
    assert (shown["origin"], shown["synced_at"], shown["contracts"]) == ("catalogue", None, [])
    assert Decimal(shown["multiplier"]) == 50


def test_a_dry_run_shows_and_writes_nothing(ibkr_sync: CommandLine) -> None:
    done = ibkr_sync("--profile", "demo", "get", "ES", "--dry-run", "-f", "table")

    assert done.code == 0
    assert "ESZ" in done.out
    assert done.err == "ES@CME (ES): 21 new, dry run, nothing written\n"
    assert not any(ibkr_sync.home.iterdir())


@pytest.mark.parametrize("way", ["flag", "environment", "file"])
def test_database_and_profile_come_from_anywhere(
    ibkr_sync: CommandLine, stocked: Path, way: str
) -> None:
    if way == "file":
        ibkr_sync.configure(
            f"profile = 'mine'\n[profiles.mine]\nsource = 'local'\ndatabase = '{stocked}'\n"
        )
    flags = ("--database", str(stocked)) if way == "flag" else ()
    env = {"IBKR_SYNC_DATABASE": str(stocked)} if way == "environment" else {}

    done = ibkr_sync(*flags, "list", "--json", env=env)

    assert [product["symbol"] for product in done.json["products"]] == ["CL", "ES", "VIX"]
