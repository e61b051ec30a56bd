"""What people type for products and contracts."""

from __future__ import annotations

import dataclasses
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from e2e.command_line import CommandLine
from e2e.gateways import ROW, changed, gateway_with

DEMO = ("--profile", "demo")
MONTH_CODES = "FGHJKMNQUVXZ"
MONTH_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def listed(ibkr_sync: CommandLine, stocked: Path, symbol: str, *options: str) -> list[Any]:
    """The contracts that trade, nearest first."""
    product = ibkr_sync("--database", stocked, "show", symbol, "--json", *options).json
    return [contract for contract in product["contracts"] if contract["state"] == "active"]


# --- products


def test_exchanges_names_and_ibkrs_name_the_same_products(ibkr_sync: CommandLine) -> None:
    done = ibkr_sync(*DEMO, "get", "6E", "FDXM", "vx", "SR3", "SIL", "BTC", "--json")

    assert (done.code, done.err) == (0, "")
    assert [(outcome["symbol"], outcome["trading_class"]) for outcome in done.json["outcomes"]] == [
        ("EUR", "6E"),
        ("DAX", "FDXM"),
        ("VIX", "VX"),
        ("SOFR3", "SR3"),
        ("SI", "SIL"),
        ("BRR", "BTC"),
    ]
    for word, symbol in (("6E", "EUR"), ("EUR", "EUR"), ("fdxm", "DAX"), ("SIL", "SI")):
        assert ibkr_sync(*DEMO, "show", word, "--json").json["symbol"] == symbol


@pytest.mark.parametrize(
    ("arguments", "key", "note"),
    [
        (["ES@GLOBEX"], ("ES", "CME"), "GLOBEX is CME today"),
        (["GBL@DTB"], ("GBL", "EUREX"), "DTB is EUREX today"),
        (["FGBL", "--exchange", "dtb"], ("GBL", "EUREX"), "DTB is EUREX today"),
        (["GC@NYMEX"], ("GC", "COMEX"), "NYMEX is COMEX today"),
        (["MXPP"], ("6M", "CME"), "the Mexican peso was called MXPP"),
    ],
)
def test_old_names_work_with_a_note(
    ibkr_sync: CommandLine, arguments: list[str], key: tuple[str, str], note: str
) -> None:
    done = ibkr_sync(*DEMO, "get", *arguments, "--json")

    (outcome,) = done.json["outcomes"]
    assert (done.code, outcome["symbol"], outcome["exchange"]) == (0, *key)
    assert done.err.startswith(f"note: {note}")
    assert ibkr_sync(*DEMO, "-q", "show", *arguments).err == ""


def test_a_shared_symbol_is_ambiguous_until_it_is_pinned(ibkr_sync: CommandLine) -> None:
    vague = ibkr_sync(*DEMO, "get", "DAX")
    pinned = ibkr_sync(*DEMO, "pin", "DAX", "--trading-class", "FDAX", "--json")
    fetched = ibkr_sync(*DEMO, "get", "DAX", "--json")
    shown = ibkr_sync(*DEMO, "show", "dax", "--json")
    other = ibkr_sync(*DEMO, "get", "DAX", "--trading-class", "FDXM", "--json")
    pins = ibkr_sync(*DEMO, "pin", "--json")
    forgotten = ibkr_sync(*DEMO, "unpin", "DAX")
    vague_again = ibkr_sync(*DEMO, "next", "DAX")

    assert vague.code == 5
    lines = [line.split() for line in vague.err.splitlines() if "EUREX" in line]
    assert [line[:4] for line in lines] == [
        ["EUREX", "FDAX", "25", "EUR"],
        ["EUREX", "FDXM", "5", "EUR"],
        ["EUREX", "FDXS", "1", "EUR"],
    ]
    assert [line[5] for line in lines] == ["12", "12", "3"]  # listed, after the next expiry
    assert all(date.fromisoformat(line[4]) for line in lines)
    assert vague.err.splitlines()[-2:] == [
        "next:  Say which: --trading-class FDAX",
        "       to keep it: ibkr-sync --profile demo pin DAX --trading-class FDAX",
    ]
    assert (pinned.code, fetched.code, shown.code, other.code) == (0, 0, 0, 0)
    assert fetched.json["outcomes"][0]["trading_class"] == "FDAX"
    assert shown.json["trading_class"] == "FDAX"
    assert other.json["outcomes"][0]["trading_class"] == "FDXM"
    assert (
        pins.json
        == pinned.json
        == {
            "schema": "ibkr-sync/pins/1",
            "pins": [
                {
                    "word": "DAX",
                    "symbol": "DAX",
                    "exchange": "EUREX",
                    "trading_class": "FDAX",
                    "multiplier": None,
                }
            ],
        }
    )
    assert (forgotten.code, forgotten.err) == (0, "DAX is no longer pinned\n")
    assert (vague_again.code, vague_again.out) == (5, "")
    assert "DAX may mean 3 products" in vague_again.err


def test_the_one_product_in_the_database_is_what_its_symbol_means(ibkr_sync: CommandLine) -> None:
    ibkr_sync(*DEMO, "get", "FDXM")

    note = "note: DAX is taken for DAX@EUREX (FDXM); it is also a name of DAX@EUREX (FDAX), "
    for command in (
        *(["show", "DAX"], ["next", "DAX"], ["hours", "DAX"], ["history", "DAX"]),
        *(["get", "DAX", "--max-age", "20h"], ["get", "DAX"], ["refresh", "DAX"]),
        ["watchlist", "add", "DAX"],
    ):
        done = ibkr_sync(*DEMO, *command)
        assert done.code == 0, command
        assert done.message.startswith(note) or note in done.message, command
    assert [
        product["trading_class"] for product in ibkr_sync(*DEMO, "list", "--json").json["products"]
    ] == ["FDXM"]
    ibkr_sync(*DEMO, "get", "FDAX")
    assert ibkr_sync(*DEMO, "next", "DAX").code == 5


def test_one_vague_symbol_does_not_keep_the_others_from_being_fetched(
    ibkr_sync: CommandLine,
) -> None:
    done = ibkr_sync(*DEMO, "get", "ES", "DAX", "--max-age", "20h", "--json")

    outcomes = {outcome["symbol"]: outcome["outcome"] for outcome in done.json["outcomes"]}
    assert (done.code, outcomes) == (4, {"DAX": "failed", "ES": "created"})


def test_a_contract_is_not_pinned_and_its_product_is_named(ibkr_sync: CommandLine) -> None:
    done = ibkr_sync(*DEMO, "pin", "CLG7")
    assert (done.code, done.out) == (2, "")
    assert "CLG7 is a contract, and pin takes a product." in done.message
    assert "next: ibkr-sync --profile demo pin CL@NYMEX" in done.message
    assert ibkr_sync(*DEMO, "pin", "CL@NYMEX").code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["DAX", "--trading-class", "NOSUCH"], "DAX (NOSUCH) was not found in the catalogue or"),
        (["NOVA"], "NOVA was not found in the catalogue or the database"),
        (["DAX", "--exchange", "EUREX"], "DAX may mean 3 products"),
    ],
)
def test_only_what_is_known_can_be_pinned(
    ibkr_sync: CommandLine, arguments: list[str], message: str
) -> None:
    done = ibkr_sync(*DEMO, "pin", *arguments)

    assert (done.code, done.out) == (5, "")
    assert message in done.message
    assert ibkr_sync(*DEMO, "pin", "--list").out.splitlines() == [
        "word\tsymbol\texchange\ttrading_class\tmultiplier"
    ]


def test_what_the_catalogue_does_not_know_is_asked_as_typed(ibkr_sync: CommandLine) -> None:
    with gateway_with(ROW) as gateway:
        source = ("--source", "ibkr", "--port", str(gateway.port))
        fetched = ibkr_sync("get", "nova", *source, "--json")
        unknown = ibkr_sync("get", "NOVAZ8X", *source)

    assert (fetched.code, fetched.json["outcomes"][0]["symbol"]) == (0, "NOVA")
    assert unknown.code == 5
    assert "NOVAZ8X was not found in IBKR" in unknown.message
    assert ibkr_sync("show", "NOVAZ8", "--json").json["contracts"][0]["con_id"] == 987654321
    assert ibkr_sync("pin", "NOVA").code == 0


@pytest.mark.parametrize("command", ["get", "show", "next", "hours", "pin", "unpin"])
def test_what_is_no_symbol_is_a_usage_error(ibkr_sync: CommandLine, command: str) -> None:
    done = ibkr_sync(*DEMO, command, "ES 202613")

    assert (done.code, done.out) == (2, "")
    assert "'ES 202613' is no symbol, contract or conId" in done.message


# --- contracts


def test_every_spelling_shows_the_same_contract(ibkr_sync: CommandLine, stocked: Path) -> None:
    first = listed(ibkr_sync, stocked, "ES")[0]
    year, month = map(int, first["contract_month"].split("-"))
    code, name = MONTH_CODES[month - 1], MONTH_NAMES[month - 1]

    for text in (
        first["local_symbol"],
        f"ES{code}{year % 10}",
        f"es{code}{year % 100}".lower(),
        f"ES{code}{year}",
        f"ES {year}{month:02d}",
        f"ES {name}{year % 100}",
        f"ES   {name.upper()} {year}",
        f"ES{code}{year % 10}@CME",
        str(first["con_id"]),
    ):
        done = ibkr_sync("--database", stocked, "show", text, "--json")
        assert (done.code, done.err) == (0, ""), text
        assert done.json["schema"] == "ibkr-sync/product/2"
        assert [contract["con_id"] for contract in done.json["contracts"]] == [first["con_id"]], (
            text
        )


def test_a_contract_is_shown_in_full(ibkr_sync: CommandLine, stocked: Path) -> None:
    first = listed(ibkr_sync, stocked, "ES")[0]
    done = ibkr_sync("--database", stocked, "show", first["local_symbol"], "-f", "table")

    lines = [" ".join(line.split()) for line in done.out.splitlines()]
    assert "SAMPLE DATA" in lines[0]
    assert f"conId {first['con_id']}" in lines
    assert f"Last trade UTC {first['last_trade_at'][:16].replace('T', ' ')}" in lines
    assert "Tick 0.25 = $12.50" in lines
    assert any(line.startswith("Market rule 67 0.25 · ") for line in lines)
    assert any(line.startswith("First seen ") for line in lines)


def test_eurex_contracts_are_found_by_their_own_form(ibkr_sync: CommandLine) -> None:
    ibkr_sync(*DEMO, "get", "FDAX")
    product = ibkr_sync(*DEMO, "show", "FDAX", "--json").json
    local_symbol = product["contracts"][0]["local_symbol"]

    for text in (local_symbol, local_symbol.removesuffix(" M"), local_symbol.replace(" ", "  ")):
        done = ibkr_sync(*DEMO, "show", text, "--json")
        assert [contract["local_symbol"] for contract in done.json["contracts"]] == [local_symbol]


def test_a_contract_that_is_not_in_the_chain_is_reported(ibkr_sync: CommandLine) -> None:
    fetched = ibkr_sync(*DEMO, "get", "ES 209912")
    shown = ibkr_sync(*DEMO, "show", "ES 209912")
    product = ibkr_sync(*DEMO, "show", "ES")

    assert (fetched.code, shown.code, product.code) == (5, 5, 0)
    assert shown.out == ""
    assert shown.err.splitlines() == [
        "error: ES 209912 is not in the chain of ES@CME (ES).",
        "next:  ibkr-sync --profile demo get ES@CME --source ibkr",
    ]
    assert fetched.err.splitlines()[-1].endswith("ibkr-sync --profile demo show ES@CME")


def test_a_day_on_which_none_ends_names_the_contract_of_that_time(ibkr_sync: CommandLine) -> None:
    with gateway_with(ROW) as gateway:
        source = ("--source", "ibkr", "--port", str(gateway.port))
        fetched = ibkr_sync("get", "NOVA 20981218", *source)
        far = ibkr_sync("get", "NOVA 20980618", *source)
    for done in (fetched, ibkr_sync("show", "NOVA 20981218"), ibkr_sync("show", "nova 2098-12-20")):
        assert done.code == 5
        assert "NOVAZ8, which ends on 2098-12-19" in done.message
        assert done.err.splitlines()[-1] == "next:  ibkr-sync show 987654321"
    assert far.err.splitlines()[-1] == "next:  See what there is: ibkr-sync show NOVA@CME"


def test_a_year_that_two_contracts_share_is_the_nearer_one_with_a_note(
    ibkr_sync: CommandLine,
) -> None:
    earlier = dataclasses.replace(
        ROW,
        con_id="987654320",
        contract_month="208812",
        last_trade_date_or_contract_month="20881217 08:30 US/Central",
        real_expiration_date="20881217",
    )
    with gateway_with(earlier, ROW) as gateway:
        ibkr_sync("get", "NOVA", "--source", "ibkr", "--port", str(gateway.port))
    vague = ibkr_sync("show", "NOVAZ8", "--json")
    clear = ibkr_sync("show", "NOVA 209812", "--json")

    assert [contract["con_id"] for contract in vague.json["contracts"]] == [987654320]
    assert "NOVAZ8 is taken for 2088-12; a year in full is safer" in vague.message
    assert [contract["con_id"] for contract in clear.json["contracts"]] == [987654321]


def test_hours_of_a_contract_are_those_of_this_contract(
    ibkr_sync: CommandLine, stocked: Path
) -> None:
    local_symbol = listed(ibkr_sync, stocked, "ES")[1]["local_symbol"]

    assert ibkr_sync("--database", stocked, "hours", local_symbol).code == 0


# --- conIds


def test_an_unknown_con_id_fetches_the_whole_product(ibkr_sync: CommandLine, stocked: Path) -> None:
    contracts = listed(ibkr_sync, stocked, "ES")
    con_id = str(contracts[-1]["con_id"])
    unknown = ibkr_sync(*DEMO, "show", con_id)
    fetched = ibkr_sync(*DEMO, "get", con_id, "--json")
    shown = ibkr_sync(*DEMO, "show", con_id, "--json")
    chain = ibkr_sync(*DEMO, "show", "ES", "--json").json["contracts"]

    assert unknown.code == 5
    assert (fetched.code, fetched.json["outcomes"][0]["symbol"]) == (0, "ES")
    assert [str(contract["con_id"]) for contract in shown.json["contracts"]] == [con_id]
    assert len(chain) == len(contracts)


def test_the_con_id_of_an_expired_contract_fetches_expired_ones_too(
    ibkr_sync: CommandLine, stocked: Path
) -> None:
    product = ibkr_sync("--database", stocked, "show", "ES", "--json").json
    expired = next(contract for contract in product["contracts"] if contract["state"] == "expired")
    con_id = str(expired["con_id"])
    fetched = ibkr_sync(*DEMO, "get", con_id)
    shown = ibkr_sync(*DEMO, "show", con_id, "--json")

    assert (fetched.code, shown.code) == (0, 0)
    assert shown.json["contracts"][0]["state"] == "expired"


def test_a_con_id_that_ibkr_does_not_know_is_reported(ibkr_sync: CommandLine) -> None:
    done = ibkr_sync(*DEMO, "get", "1999999999")

    assert done.code == 5
    assert "conId 1999999999 was not found in the sample data" in done.message


def test_a_product_is_asked_once_however_it_is_named(ibkr_sync: CommandLine) -> None:
    done = ibkr_sync(*DEMO, "get", "EUR", "es", "6E", "ES", "6EZ6", "--json")

    asked = [(outcome["symbol"], outcome["outcome"]) for outcome in done.json["outcomes"]]
    assert sorted(asked) == [("ES", "created"), ("EUR", "created")]


# --- what the tool prints


def test_a_label_is_taken_everywhere_a_symbol_is(ibkr_sync: CommandLine) -> None:
    label = "DAX@EUREX (FDAX)"
    for command in (
        *(["get", label], ["refresh", label, "--source", "ibkr"], ["show", label], ["next", label]),
        *(["hours", label], ["history", label], ["changes", label], ["db", "renormalise", label]),
        *(["pin", label], ["watchlist", "add", label], ["watchlist", "remove", label]),
        *(["catalogue", label], ["unpin", label], ["show", "dax (fdax)"]),
    ):
        done = ibkr_sync(*DEMO, *command)
        assert done.code == 0, (command, done)
    assert ibkr_sync(*DEMO, "show", label, "--json").json["trading_class"] == "FDAX"
    two = ibkr_sync(*DEMO, "show", label, "--trading-class", "FDXM")
    assert (two.code, two.out) == (2, "")


def test_what_has_no_such_name_is_suggested(ibkr_sync: CommandLine) -> None:
    fetched = ibkr_sync(*DEMO, "get", "BRENT")
    shown = ibkr_sync(*DEMO, "show", "TY")

    assert (fetched.code, shown.code) == (5, 5)
    assert "Did you mean the first of these?" in fetched.message
    assert "ibkr-sync --profile demo get COIL@IPE --source ibkr" in fetched.message
    assert fetched.err.splitlines()[-3:] == [
        "         COIL@IPE  Brent crude oil",
        "         BZ@NYMEX  Brent crude, last day financial",
        "         BB@NYMEX  Brent crude, financial",
    ]
    assert "get ZN@CBOT --source ibkr" in shown.message
    assert "Did you mean" not in ibkr_sync(*DEMO, "show", "NOVA").err


# --- as other programs write them


def test_names_of_other_programs_are_understood(ibkr_sync: CommandLine, stocked: Path) -> None:
    on = ("--database", stocked)
    first = listed(ibkr_sync, stocked, "ES")[0]
    local_symbol = first["local_symbol"]
    for text in ("ES1!", "CME_MINI:ES1!", "ES=F", "@ES", "ESc1", "ES.c.0", "ES1 Index"):
        done = ibkr_sync(*on, "next", text, "--json")
        assert (done.code, done.json["contracts"][0]["local_symbol"]) == (0, local_symbol), text
        assert f"note: {text} is a continuous contract; its product is taken" in done.message
    for text in (f"/{local_symbol}", f"{local_symbol}.CME", f"{local_symbol} Index"):
        done = ibkr_sync(*on, "show", text, "--json")
        assert [contract["con_id"] for contract in done.json["contracts"]] == [first["con_id"]], (
            text
        )
    refused = ibkr_sync(*on, "show", "ESv1")
    assert (refused.code, "'ESv1' is no contract" in refused.message) == (2, True)


# --- sizes


def of_two_sizes(ibkr_sync: CommandLine) -> None:
    """Store a product whose nearest contract comes in two sizes, as IBKR answers it."""
    mini = changed(con_id="987654322", multiplier="5", local_symbol="NOVMZ8")
    far = changed(
        con_id="987654323",
        last_trade_date_or_contract_month="20990320 08:30 US/Central",
        real_expiration_date="20990320",
        contract_month="209903",
        local_symbol="NOVAH9",
    )
    with gateway_with(ROW, mini, far) as gateway:
        done = ibkr_sync("get", "NOVA", "--source", "ibkr", "--port", str(gateway.port))
    assert done.code == 0, done


def test_contracts_that_only_their_size_distinguishes_are_ambiguous(ibkr_sync: CommandLine) -> None:
    of_two_sizes(ibkr_sync)
    for command in (
        *(["next", "NOVA"], ["show", "NOVA 209812"], ["history", "NOVA Dec2098"]),
        ["rolls", "NOVA"],
    ):
        vague = ibkr_sync(*command)
        assert (vague.code, vague.out) == (5, "")
        assert "2098-12 of size 50 (987654321), 2098-12 of size 5 (987654322)" in vague.message
        assert "Say which: --multiplier 50" in vague.message
        assert "ibkr-sync pin 'NOVA@CME (NOVA)' --multiplier 50" in vague.message
        assert ibkr_sync(*command, "--multiplier", "50").code == 0
    for size, con_id in (("50", "987654321"), ("5", "987654322"), ("5.0", "987654322")):
        assert ibkr_sync("next", "NOVA", "--multiplier", size).out.split("\t")[3] == con_id
    pinned = ibkr_sync("pin", "NOVA@CME (NOVA)", "--multiplier", "5")
    assert (pinned.code, ibkr_sync("next", "NOVA").out.split("\t")[3]) == (0, "987654322")
    note = "multiplier 5 leaves out 1 contract of NOVA@CME (NOVA) that it tells apart; 1 of other"
    for command in (["show"], ["next", "--as-of", "2099-01-05"], ["rolls"], ["expirations"]):
        done = ibkr_sync(*command, "NOVA")
        assert note in done.message, done
    shown = ibkr_sync("show", "NOVA", "--json").json
    assert [other["con_id"] for other in shown["contracts"]] == [987654322, 987654323]
    assert shown["scope"] == "size"
    export = ibkr_sync.cwd / "nova.json"
    export.write_text(json.dumps(shown))
    assert ibkr_sync("get", "NOVA", "--source", f"file:{export}").code == 2
    assert ibkr_sync("next", "NOVA", "--as-of", "2099-01-05").out.split("\t")[3] == "987654323"
    ends = ibkr_sync("expirations", "NOVA", "--within", "36000d", "--json").json["expirations"]
    assert {end["con_id"] for end in ends} == {987654322, 987654323}
    assert "NOVA@CME (NOVA)           5" in ibkr_sync("pin", "-f", "table").out
    assert ibkr_sync("next", "NOVA", "--multiplier", "50").out.split("\t")[3] == "987654321"
    assert ibkr_sync("next", "NOVA", "--multiplier", "7").code == 5
    as_of = ibkr_sync("next", "NOVA", "--multiplier", "5", "--as-of", "2001-01-01")
    assert (as_of.code, as_of.out.split("\t")[3]) == (0, "987654322")
    contract = ibkr_sync("next", "NOVA 209812", "--multiplier", "5")
    assert "ibkr-sync show 'NOVA 209812' --multiplier 5" in contract.message


def test_a_size_says_which_product_a_symbol_means_in_every_command(ibkr_sync: CommandLine) -> None:
    for command in (
        *(["get"], ["refresh", "--source", "ibkr"], ["show"], ["next"], ["hours"], ["history"]),
        *(
            ["changes"],
            ["db", "renormalise"],
            ["watchlist", "add"],
            ["watchlist", "remove"],
            ["pin"],
        ),
    ):
        done = ibkr_sync(*DEMO, *command, "DAX", "--multiplier", "5")
        assert done.code == 0, (command, done)
        for wrong in ("0", "-5", "five", "1e3", "NaN"):
            refused = ibkr_sync(*DEMO, *command, "DAX", f"--multiplier={wrong}")
            assert refused.code == 2, (command, wrong)
    assert ibkr_sync(*DEMO, "pin", "--json").json["pins"][0]["trading_class"] == "FDXM"
    unknown = ibkr_sync(*DEMO, "watchlist", "add", "NOVA", "--multiplier", "5")
    assert (unknown.code, unknown.out) == (5, "")
    assert "NOVA (multiplier 5) was not found in the catalogue or the database" in unknown.message


# --- series


def test_weekly_contracts_are_hidden_unless_they_are_wanted(
    ibkr_sync: CommandLine, stocked: Path
) -> None:
    def table(*options: str) -> list[str]:
        done = ibkr_sync("--database", stocked, "show", "VIX", "-f", "table", *options)
        assert done.code == 0
        return done.out.splitlines()

    contracts = listed(ibkr_sync, stocked, "VIX")
    monthly = [
        contract["local_symbol"] for contract in contracts if contract["series"] == "monthly"
    ]
    weekly = [contract["local_symbol"] for contract in contracts if contract["series"] == "weekly"]
    usual, every, weeks = table(), table("--series", "all"), table("--series", "weekly")

    assert monthly
    assert weekly
    assert not any(name in line for line in usual for name in weekly)
    assert f"{len(weekly)} weekly (--series all)" in " ".join(usual[-2:])
    assert monthly[0] in next(line for line in usual if line.startswith("▶"))
    assert weekly[0] in next(line for line in weeks if line.startswith("▶"))
    assert all(any(name in line for line in every) for name in monthly + weekly)
    assert not any(name in line for line in weeks for name in monthly)
    only = listed(ibkr_sync, stocked, "VIX", "--series", "weekly")
    assert [item["local_symbol"] for item in only] == weekly
