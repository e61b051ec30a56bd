"""Which contract is next, for scripts."""

from __future__ import annotations

import shlex
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from e2e.command_line import CommandLine
from e2e.stored_rows import opened

DEMO = ("--profile", "demo")


def listed(ibkr_sync: CommandLine, stocked: Path, symbol: str) -> list[Any]:
    """The contracts that trade, nearest first."""
    product = ibkr_sync("--database", stocked, "show", symbol, "--json").json
    return [contract for contract in product["contracts"] if contract["state"] == "active"]


def test_next_is_one_line_for_scripts_and_a_table_on_a_terminal(
    ibkr_sync: CommandLine, stocked: Path
) -> None:
    first = listed(ibkr_sync, stocked, "ES")[0]
    line = ibkr_sync("--database", stocked, "next", "ES").out
    names = ("local_symbol", "contract_month", "last_trade_date", "con_id")
    assert line.split("\t")[:4] == [str(first[name]) for name in names]

    code, sent = ibkr_sync.on_terminal("--no-color", "--database", stocked, "next", "ES")
    assert code == 0
    assert {"Contract", "Hold", "until", str(first["con_id"])} <= set(sent.split())
    (contract,) = ibkr_sync("--database", stocked, "next", "ES", "--json").json["contracts"]
    (row,) = ibkr_sync("--database", stocked, "next", "ES", "-f", "csv").rows()
    assert contract["symbol"] == "ES"
    assert contract["hold_until"] == first["last_trade_date"]
    assert contract.keys() == row.keys()
    assert [str(contract[name] or "") for name in row] == line.rstrip("\n").split("\t")
    assert list(row.values()) == line.rstrip("\n").split("\t")


def test_next_passes_over_what_would_lead_to_delivery_and_says_so(
    ibkr_sync: CommandLine, delivered: Path
) -> None:
    database = ("--database", delivered)
    by_last_trade = ibkr_sync(*database, "next", "GC", "--by", "last-trade", "--json").json
    (first,) = by_last_trade["contracts"]
    last_trade = date.fromisoformat(first["last_trade_date"])
    days = ("--as-of", str(last_trade - timedelta(days=3)))

    done = ibkr_sync(*database, "next", "GC", "ZC", *days, "--json")

    gold, corn = done.json["contracts"]
    assert (gold["symbol"], corn["symbol"]) == ("GC", "ZC")
    assert gold["last_trade_date"] > first["last_trade_date"]
    assert gold["hold_until"] < gold["last_trade_date"]
    assert (gold["hold_until_by"], gold["confidence"]) == ("cutoff", "B")
    assert f"note: {first['local_symbol']} is passed over: IBKR's cut-off is " in done.err
    assert "(IBKR's standard policy, confidence B)" in done.err

    short = ibkr_sync(*database, "next", "GC", "--side", "short", *days, "--explain")
    assert "IBKR's standard policy" in short.err
    assert "First notice" in short.err


def test_next_answers_for_a_day_to_come_and_for_one_before_anything_was_known(
    ibkr_sync: CommandLine, delivered: Path
) -> None:
    database = ("--database", delivered)
    later = ibkr_sync(*database, "next", "ES", "--as-of", str(date.today() + timedelta(days=200)))  # noqa: DTZ011 - any day will do
    assert later.out.split("\t")[0] != ibkr_sync(*database, "next", "ES").out.split("\t")[0]
    before = ibkr_sync(*database, "next", "GC", "--as-of", "2026-01-02")
    assert before.code == 0
    assert "GC@COMEX (GC) is known since" in before.err


def test_next_answers_for_those_it_finds(ibkr_sync: CommandLine, delivered: Path) -> None:
    done = ibkr_sync("--database", delivered, "next", "GC", "NOVA", "ES", "--months", "hmuz")
    assert done.code == 4
    assert [line.split("\t")[4] for line in done.out.splitlines()] == ["GC", "ES"]
    assert {line.split("\t")[1][-2:] for line in done.out.splitlines()} <= {"03", "06", "09", "12"}
    assert "NOVA was not found" in done.err


def test_next_refuses_what_is_no_rule(ibkr_sync: CommandLine) -> None:
    for options in (
        ("--days-before", "5w"),
        ("--days-before", "99999bd"),
        ("--months", "ABC"),
        ("--side", "up"),
        ("--by", "delivery"),
        ("--as-of", "soon"),
    ):
        done = ibkr_sync(*DEMO, "next", "ES", *options)
        assert (done.code, done.out) == (2, ""), options


def test_days_before_the_last_trade_date_the_next_contract_takes_over(
    ibkr_sync: CommandLine, stocked: Path
) -> None:
    first, second = listed(ibkr_sync, stocked, "ES")[:2]
    gap = date.fromisoformat(first["last_trade_date"]) - datetime.now(UTC).date()
    enough = str((gap + timedelta(days=2)).days)  # whatever the date in Chicago is

    done = ibkr_sync("--database", stocked, "next", "ES", "--days-before", enough, "--explain")

    assert done.code == 0
    assert done.out.split("\t")[0] == second["local_symbol"]
    explained = done.err.partition("Learnt")[0]
    message = [
        line.rstrip() for line in explained.splitlines() if line.startswith("ES") and " 20" in line
    ]
    assert message[-2].split()[0] == first["local_symbol"]
    assert message[-2].endswith(f"{enough} days or less left")
    assert message[-1].endswith("▶ may be held")
    assert all(line.endswith("expired") for line in message[:-2])


def test_next_takes_weekly_contracts_only_when_they_are_wanted(
    ibkr_sync: CommandLine, stocked: Path
) -> None:
    contracts = listed(ibkr_sync, stocked, "VIX")
    for series in ("monthly", "weekly"):
        first = next(contract for contract in contracts if contract["series"] == series)
        done = ibkr_sync("--database", stocked, "next", "VX", "--series", series)
        assert done.out.split("\t")[0] == first["local_symbol"]
    usual = ibkr_sync("--database", stocked, "next", "VIX").out
    assert usual == ibkr_sync("--database", stocked, "next", "VIX", "--series", "monthly").out


def test_without_a_tradable_contract_next_names_none(ibkr_sync: CommandLine, stocked: Path) -> None:
    late = ibkr_sync("--database", stocked, "next", "ES", "--days-before", "9999")
    daily = ibkr_sync("--database", stocked, "next", "ES", "--series", "daily")
    unknown = ibkr_sync("--database", stocked, "next", "GC")

    for done in (late, daily, unknown):
        assert (done.code, done.out) == (5, "")
        assert "next:  " in done.err
    assert "No contract of ES@CME (ES) is tradable by this rule" in late.err


def test_next_refuses_a_negative_number_of_days(ibkr_sync: CommandLine) -> None:
    done = ibkr_sync(*DEMO, "next", "ES", "--days-before", "-1")
    assert (done.code, done.out) == (2, "")


def test_next_says_what_it_passes_over_as_missing(ibkr_sync: CommandLine, stocked: Path) -> None:
    first, second, *_ = listed(ibkr_sync, stocked, "ES")
    with opened(stocked) as connection, connection:
        connection.execute(
            "UPDATE contracts SET missing_since = first_seen_at WHERE con_id = ?",
            (first["con_id"],),
        )

    done = ibkr_sync("--database", stocked, "next", "ES")

    assert done.out.split("\t")[0] == second["local_symbol"]
    assert f"{first['local_symbol']} is missing from the last reply" in done.err
    assert len(done.err.splitlines()) == 2  # with that on sample data


def test_next_refuses_a_contract_for_it_would_answer_with_another(
    ibkr_sync: CommandLine, stocked: Path
) -> None:
    later = listed(ibkr_sync, stocked, "ES")[1]
    month = later["contract_month"].replace("-", "")

    for text in (later["local_symbol"], "ESZ5", f"ES {month}", str(later["con_id"]), "CLF7"):
        done = ibkr_sync("--database", stocked, "next", text, "--json")
        assert (done.code, done.out) == (2, ""), text
        assert f"error: {text} is a contract, and next takes a product.\n" in done.err
        product = "CL@NYMEX" if text == "CLF7" else "ES@CME"
        next_step, of_the_contract = done.err.splitlines()[-2:]
        assert next_step == f"next:  ibkr-sync --database {stocked} next {product}"
        assert of_the_contract.startswith("       of the contract: ibkr-sync --database")


def test_what_next_says_to_type_instead_of_a_contract_works(
    ibkr_sync: CommandLine, stocked: Path
) -> None:
    later = listed(ibkr_sync, stocked, "ES")[1]
    month = later["contract_month"].replace("-", "")

    refused = ibkr_sync("--database", stocked, "next", f"es  {month}", "--exchange", "cme")
    first, second = (line.partition("ibkr-sync ")[2] for line in refused.err.splitlines()[-2:])

    assert ibkr_sync(*shlex.split(first)).code == 0
    shown = ibkr_sync(*shlex.split(second), "--json").json
    assert [contract["con_id"] for contract in shown["contracts"]] == [later["con_id"]]


def test_what_next_says_to_type_instead_keeps_to_the_rule(
    ibkr_sync: CommandLine, stocked: Path
) -> None:
    rule = ("--days-before", "40", "--series", "monthly")
    refused = ibkr_sync("--database", stocked, "next", "ESZ5", *rule)
    next_step, of_the_contract = refused.err.splitlines()[-2:]
    assert next_step.endswith("next ES@CME --days-before 40 --series monthly")
    assert of_the_contract.endswith("show ESZ5")


def test_next_does_not_find_a_contract_of_a_product_that_nobody_knows(
    ibkr_sync: CommandLine, stocked: Path
) -> None:
    for text in ("NOVA 202612", "NOVAZ6"):
        done = ibkr_sync("--database", stocked, "next", text)
        assert (done.code, done.out) == (5, "")
        assert "was not found" in done.err
        assert "get NOVA" in done.err


def test_a_con_id_that_is_not_stored_has_no_product_that_next_could_name(
    ibkr_sync: CommandLine, stocked: Path
) -> None:
    done = ibkr_sync("--database", stocked, "next", "123456789")
    assert (done.code, done.out) == (5, "")
    assert "A contract with conId 123456789 was not found" in done.err
