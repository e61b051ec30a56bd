"""A calendar of what ends, and of what gives notice."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from e2e.command_line import CommandLine


def test_the_calendar_has_every_date_in_order_with_who_says_it(
    ibkr_sync: CommandLine, delivered: Path
) -> None:
    database = ("--database", delivered)
    done = ibkr_sync(*database, "expirations", "--within", "120d", "--json")
    found = done.json["expirations"]
    days = [item["date"] for item in found]
    assert days == sorted(days)
    assert {item["symbol"] for item in found} == {"GC", "ZC", "ZN", "LE", "ES"}
    assert {item["what"] for item in found if item["symbol"] == "GC"} == {
        *("long-cutoff", "notice", "short-cutoff", "last-trade")
    }
    assert {item["what"] for item in found if item["symbol"] == "ES"} == {"last-trade"}
    for item in found:
        assert 0 <= item["business_days_left"] <= item["days_left"] <= 120
        assert item["source"] == "IBKR" or item["confidence"] in ("A", "B", "C")


def test_the_calendar_is_of_products_a_group_or_an_exchange(
    ibkr_sync: CommandLine, delivered: Path
) -> None:
    database = ("--database", delivered)

    def symbols(*options: str) -> set[str]:
        done = ibkr_sync(*database, "expirations", "--within", "400d", "-f", "csv", *options)
        assert done.code == 0, done
        return {row["symbol"] for row in done.rows()}

    assert symbols("GC", "ES") == {"GC", "ES"}
    assert symbols("--exchange", "cbot") == {"ZC", "ZN"}
    near = ibkr_sync(*database, "next", "GC").out.split("\t")[0]
    of_contract = ibkr_sync(*database, "expirations", near, "--within", "400d", "--json").json
    assert {expiration["local_symbol"] for expiration in of_contract["expirations"]} == {near}
    days = ibkr_sync(*database, "expirations", "--within", "40bd", "--json").json["expirations"]
    assert {day["business_days_left"] <= 40 for day in days} == {True}
    longer = ibkr_sync(*database, "expirations", "--within", "90d", "--json").json["expirations"]
    assert days == [item for item in longer if item["business_days_left"] <= 40]
    absent = ibkr_sync(*database, "expirations", "NOVA")
    assert (absent.code, absent.out) == (5, "")
    some = ibkr_sync(*database, "expirations", "NOVA", "GC", "--within", "400d")
    assert some.code == 4
    assert "NOVA was not found" in some.err


def test_list_expiring_is_the_same_calendar(ibkr_sync: CommandLine, delivered: Path) -> None:
    database = ("--database", delivered)
    listed = ibkr_sync(*database, "list", "--expiring", "60d")
    assert listed.out == ibkr_sync(*database, "expirations", "--within", "60d").out
    nothing = ibkr_sync(*database, "list", "--expiring", "1m", "--exchange", "LMEOTC")
    assert nothing.err == "note: nothing that is stored fits\n"


def test_rolls_lead_from_contract_to_contract(ibkr_sync: CommandLine, delivered: Path) -> None:
    database = ("--database", delivered)
    done = ibkr_sync(
        *database, "rolls", "GC", "--rule", "notice-3bd", "--months", "GJMQVZ", "--json"
    )
    found = done.json["rolls"]
    assert (done.code, done.json["rule"]) == (0, "notice-3bd")
    assert len(found) >= 10
    for before, after in pairwise(found):
        assert before["to_con_id"] == after["from_con_id"]
        assert before["date"] < after["date"]
    kept = ibkr_sync(*database, "rolls", "GC", "--rule", "last-trade-0")
    assert "kept past" in kept.out
    assert "contracts are kept past first notice or IBKR's cut-off" in kept.err
    contract = found[-1]["from_local_symbol"]
    refused = ibkr_sync(*database, "rolls", contract, "--rule", "day-15", "--years", "3")
    assert (refused.code, refused.out) == (2, "")
    assert f"error: {contract} is a contract, and rolls takes a product.\n" in refused.err
    assert "rolls GC@COMEX --rule day-15 --years 3\n" in refused.err
    assert f"of the contract: ibkr-sync --database {delivered} show {contract}" in refused.err
    refused = ibkr_sync(*database, "rolls", "GC", "--rule", "front")
    assert (refused.code, refused.out) == (2, "")
    assert "is no rule" in refused.message
