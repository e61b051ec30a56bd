"""What the catalogue knows, the user's own products, and where IBKR says otherwise."""

from __future__ import annotations

import json
from pathlib import Path

from e2e.command_line import CommandLine
from e2e.gateways import ROW, gateway_with
from ibkr_sync.catalogue import load_catalogue

NOVA = """
[[catalogue]]
symbol = "NOVA"
exchange = "CME"
currency = "USD"
category = "energy"
multiplier = {multiplier}
"""


def symbols(output: str) -> list[str]:
    return [line.split("\t")[0] for line in output.splitlines()[1:]]


def test_without_a_pattern_everything_is_listed(ibkr_sync: CommandLine) -> None:
    done = ibkr_sync("catalogue")

    assert done.code == 0
    assert symbols(done.out) == [product.symbol for product in load_catalogue().products]


def test_every_format_says_the_same(ibkr_sync: CommandLine) -> None:
    document = ibkr_sync("catalogue", "dax", "--json").json
    lines = [
        json.loads(line)
        for line in ibkr_sync("catalogue", "dax", "-f", "jsonl").out.split("\n")
        if line
    ]
    rows = ibkr_sync("catalogue", "dax", "-f", "csv").rows()

    assert document["schema"] == "ibkr-sync/catalogue/1"
    assert document["products"] == lines
    assert document["products"][0] == {
        "symbol": "DAX",
        "exchange": "EUREX",
        "trading_class": "FDAX",
        "exchange_code": "FDAX",
        "asset_class": "index",
        "category": "index",
        "currency": "EUR",
        "multiplier": "25",
        "price_magnifier": 1,
        "min_tick": "1",
        "name": "DAX 40",
        "weekly_expiries": False,
        "active": True,
        "sources": ["icli", "pyf", "lean", "doc"],
        "settlement": "cash",
        "settlement_source": "Eurex's specifications (B)",
        "delivery_rule": "Eurex indices and rates in cash",
        "calendar": "europe",
        "mic": "XEUR",
        "mic_source": "nautilus",
        "months": "HMUZ",
        "months_source": "lean",
    }
    assert [(row["trading_class"], row["multiplier"], row["active"]) for row in rows[:3]] == [
        ("FDAX", "25", "true"),
        ("FDXM", "5", "true"),
        ("FDXS", "1", "true"),
    ]
    assert rows[0]["sources"] == "icli pyf lean doc"


def test_the_table_says_what_trades_no_longer(ibkr_sync: CommandLine) -> None:
    done = ibkr_sync("-f", "table", "catalogue", "eurodollar")

    assert "GE †" in done.out
    assert "† trades no longer" in done.out


def test_the_table_fits_80_columns(ibkr_sync: CommandLine) -> None:
    done = ibkr_sync("-f", "table", "catalogue", env={"COLUMNS": "80"})

    assert max(map(len, done.out.splitlines())) <= 80
    assert len(done.out.splitlines()) == len(load_catalogue().products) + 3


def test_what_it_does_not_know_is_reported(ibkr_sync: CommandLine) -> None:
    done = ibkr_sync("catalogue", "[nova]\x1b[31m", "--json")

    assert (done.code, done.out) == (5, "")
    assert r"[nova]\x1b[31m was not found in the catalogue" in done.message
    assert "next: " in done.err


def test_a_product_of_ones_own_is_listed_with_the_others(ibkr_sync: CommandLine) -> None:
    ibkr_sync.configure(NOVA.format(multiplier="0.1"))

    (product,) = ibkr_sync("catalogue", "nova", "--json").json["products"]

    assert (product["multiplier"], product["sources"]) == ("0.1", ["config"])


def test_a_product_of_ones_own_classifies_what_ibkr_does_not(
    ibkr_sync: CommandLine, tmp_path: Path
) -> None:
    ibkr_sync.configure(NOVA.format(multiplier=50))

    with gateway_with(ROW) as gateway:
        done = ibkr_sync(
            *("--database", tmp_path / "nova.db"),
            *("get", "NOVA", "--source", "ibkr", "--port", str(gateway.port)),
        )
    (product,) = ibkr_sync("--database", tmp_path / "nova.db", "list", "--json").json["products"]

    assert (done.code, done.err) == (0, "")
    assert (product["asset_class"], product["category"]) == ("commodity", "energy")


def test_where_ibkr_says_otherwise_its_word_is_stored_and_audit_says(
    ibkr_sync: CommandLine, tmp_path: Path
) -> None:
    ibkr_sync.configure(NOVA.format(multiplier=10))
    database = ("--database", tmp_path / "nova.db")

    with gateway_with(ROW) as gateway:
        done = ibkr_sync(
            *database, "get", "NOVA", "--source", "ibkr", "--port", str(gateway.port), "--json"
        )
    stored = ibkr_sync(*database, "show", "NOVA", "--json").json
    (found,) = ibkr_sync(*database, "audit", "--json").json["disagreements"]

    assert done.code == 0
    assert done.message.startswith("note: 1 value differs from other sources: ")
    assert done.json["outcomes"][0]["message"] is None
    assert stored["multiplier"] == "50"
    assert [found[name] for name in ("severity", "field", "value", "other")] == [
        *("critical", "multiplier", "50", "10"),
    ]
