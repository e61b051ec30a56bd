"""What IBKR is asked for a name, in which order, and how a product was found."""

from __future__ import annotations

from typing import Any

import pytest

from e2e.command_line import CommandLine, Ended
from e2e.gateways import ROW, changed, gateway_with
from gateway import faults
from gateway.server import ScriptedGateway
from ibkr_sync.infrastructure.replay.protocol.requests import ContractDataRequest
from ibkr_sync.infrastructure.replay.rows import ContractRow


def product(symbol: str, exchange: str, trading_class: str, **fields: Any) -> ContractRow:
    """A contract of its own product, whose conId follows from the product's name."""
    key = f"{symbol}@{exchange} ({trading_class})"
    own = {
        "symbol": symbol,
        "exchange": exchange,
        "valid_exchanges": exchange,
        "trading_class": trading_class,
        "market_name": trading_class,
        "local_symbol": f"{trading_class}Z8",
        "con_id": str(900_000_000 + sum(key.encode()) * 1000 + len(key)),
    }
    return changed(ROW, **(own | fields))


def asked(gateway: ScriptedGateway) -> list[str]:
    """Symbol or local symbol and exchange of each question, or its conId."""
    requests = [request for request in gateway.requests if isinstance(request, ContractDataRequest)]
    return [
        f"#{request.con_id}" if request.con_id else f"{named(request)}@{request.exchange}"
        for request in requests
    ]


def named(request: ContractDataRequest) -> str:
    return request.local_symbol.join("[]") if request.local_symbol else request.symbol


def get(ibkr_sync: CommandLine, gateway: ScriptedGateway, *words: str) -> tuple[Ended, list[str]]:
    """Get what is named, and tell what was asked for that."""
    before = len(asked(gateway))
    done = ibkr_sync("get", *words, "--source", "ibkr", "--port", str(gateway.port), "--json")
    return done, asked(gateway)[before:]


def keys(done: Ended) -> list[str]:
    return [
        f"{outcome['symbol']}@{outcome['exchange']} ({outcome['trading_class']})"
        for outcome in done.json["outcomes"]
    ]


def test_the_catalogue_narrows_no_question(ibkr_sync: CommandLine) -> None:
    """It knows ES at CME alone, INFY at SGX alone, and 6E at CME alone."""
    rows = (
        *(product("ES", "CME", "ES"), product("ES", "ONE", "ES1C")),
        *(product("INFY", "NSE", "INFY"), product("EUR", "ICEUS", "6E")),
    )
    with gateway_with(*rows) as gateway:
        vague, questions = get(ibkr_sync, gateway, "ES")
        assert (vague.code, questions) == (5, ["ES@"])
        assert "CME       ES " in vague.err
        assert "ONE       ES1C" in vague.err
        assert vague.err.splitlines()[-1] == "next:  Say which: --exchange CME"  # no pin of ES1C
        for word, question, key in (
            ("INFY", "INFY@", "INFY@NSE (INFY)"),
            ("6E", "EUR@", "EUR@ICEUS (6E)"),
            ("ES@CME", "ES@CME", "ES@CME (ES)"),
        ):
            found, questions = get(ibkr_sync, gateway, word)
            assert (found.code, questions, keys(found)) == (0, [question], [key])
        again, questions = get(ibkr_sync, gateway, "ES")
        assert (again.code, questions) == (0, ["ES@CME"])  # now the database narrows it


def test_what_comes_of_a_shared_symbol_is_what_it_means_then(ibkr_sync: CommandLine) -> None:
    with gateway_with(product("AUD", "CME", "6A")) as gateway:
        found, questions = get(ibkr_sync, gateway, "AUD")
    assert (found.code, questions, keys(found)) == (0, ["AUD@"], ["AUD@CME (6A)"])
    for command in ("show", "next", "hours", "history"):
        done = ibkr_sync(command, "AUD")
        assert "note: AUD is taken for AUD@CME (6A); it is also a name of AUD@ICEUS" in done.message
        assert "may mean" not in done.message
        assert done.code == (5 if command == "hours" else 0), done  # the row has no hours


def test_a_translation_that_ibkr_refuses_is_asked_for_as_typed(ibkr_sync: CommandLine) -> None:
    with gateway_with(product("SR3", "CME", "SR3")) as gateway:
        found, questions = get(ibkr_sync, gateway, "SR3@CME")
        again, asked_again = get(ibkr_sync, gateway, "SR3")
    assert (found.code, keys(found)) == (0, ["SR3@CME (SR3)"])
    assert questions == ["SOFR3@CME", "SR3@CME"]
    assert "SR3@CME (SR3): found as SR3; IBKR knows no SOFR3" in found.message
    assert (again.code, "found as" in again.message, asked_again) == (0, False, ["SR3@CME"])
    assert ibkr_sync("show", "SR3Z8").code == 0


def test_what_is_watched_by_the_catalogues_symbol_is_refreshed_by_ibkrs(
    ibkr_sync: CommandLine,
) -> None:
    ibkr_sync("watchlist", "add", "SR3")
    with gateway_with(product("SR3", "CME", "SR3")) as gateway:
        get(ibkr_sync, gateway, "SR3")
        before = len(asked(gateway))
        done = ibkr_sync("refresh", "--source", "ibkr", "--port", str(gateway.port))
        assert (done.code, asked(gateway)[before:]) == (0, ["SR3@CME"])
    assert ibkr_sync("check").code == 0


def test_a_translation_that_ibkr_refuses_may_be_a_local_symbol(ibkr_sync: CommandLine) -> None:
    with gateway_with(product("NOVA", "CME", "NOVA", local_symbol="SR3")) as gateway:
        found, questions = get(ibkr_sync, gateway, "SR3")
    assert (found.code, keys(found)) == (0, ["NOVA@CME (NOVA)"])
    assert questions == ["SOFR3@", "SR3@", "[SR3]@", "NOVA@CME"]
    assert "found by the local symbol SR3; IBKR knows no symbol SOFR3" in found.message


def test_a_name_that_tws_can_make_nothing_of_is_no_name(ibkr_sync: CommandLine) -> None:
    rows = [product("NOVA", "CME", "NOVA", local_symbol="SR3")]
    with gateway_with(*rows, faults=(faults.ErrorReply(code=321, symbol="SR3"),)) as gateway:
        found, questions = get(ibkr_sync, gateway, "SR3")
    assert (found.code, keys(found)) == (0, ["NOVA@CME (NOVA)"])
    assert questions == ["SOFR3@", "SR3@", "[SR3]@", "NOVA@CME"]


@pytest.mark.parametrize(
    ("typed", "local_symbol", "questions"),
    [
        ("ZZZH7", "ZZZH7", ["ZZZH7@", "[ZZZH7]@", "NOVA@CME"]),
        ("zzzh7@CME", "ZZZH7", ["ZZZH7@CME", "[ZZZH7]@CME", "NOVA@CME"]),
        ("DVCXC MR24", "DVCXC MR24", ["DVCXC MR24@", "[DVCXC MR24]@", "NOVA@CME"]),
        ("ZZ   MAR 24", "ZZ   MAR 24", ["ZZ@", "[ZZ   MAR 24]@", "NOVA@CME"]),
        ("169120018", "169120018", ["#169120018", "[169120018]@", "NOVA@CME"]),
        ("169120018@CME", "169120018", ["169120018@CME", "[169120018]@CME", "NOVA@CME"]),
    ],
)
def test_the_local_symbol_of_what_nobody_knows_finds_its_product(
    ibkr_sync: CommandLine, typed: str, local_symbol: str, questions: list[str]
) -> None:
    with gateway_with(product("NOVA", "CME", "NOVA", local_symbol=local_symbol)) as gateway:
        found, were_asked = get(ibkr_sync, gateway, typed)
    assert (found.code, keys(found), were_asked) == (0, ["NOVA@CME (NOVA)"], questions)
    assert f"found by the local symbol {local_symbol}" in " ".join(found.err.split("\n"))
    shown = ibkr_sync("show", typed, "--json").json["contracts"]
    assert [item["local_symbol"] for item in shown] == [local_symbol]


def test_what_is_found_by_a_contract_that_has_ended_is_found_again(
    ibkr_sync: CommandLine,
) -> None:
    ended = {
        "last_trade_date_or_contract_month": "20250718 08:30 US/Central",
        "real_expiration_date": "20250718",
        "contract_month": "202507",
    }
    nova = product("NOVA", "CME", "NOVA", local_symbol="NOVAN5", **ended)
    with gateway_with(nova, product("ES", "CME", "ES")) as gateway:
        get(ibkr_sync, gateway, "NOVAN5")
        again, questions = get(ibkr_sync, gateway, "NOVAN5")
        port = str(gateway.port)
        refreshed = ibkr_sync("refresh", "--source", "ibkr", "--port", port, "--json")
    assert (again.code, keys(again)) == (0, ["NOVA@CME (NOVA)"])
    assert questions == ["NOVA@CME", f"#{nova.con_id}", "NOVA@CME"]
    assert (refreshed.code, refreshed.json["products"][0]["state"]) == (0, "unchanged"), refreshed


def test_a_local_symbol_of_two_exchanges_is_ambiguous(ibkr_sync: CommandLine) -> None:
    rows = (
        product("NOVA", "CME", "NOVA", local_symbol="ZZZH7"),
        product("ZED", "NSE", "ZED", local_symbol="ZZZH7"),
    )
    with gateway_with(*rows) as gateway:
        vague, _ = get(ibkr_sync, gateway, "ZZZH7")
        clear, _ = get(ibkr_sync, gateway, "ZZZH7@NSE")
    assert (vague.code, "ZZZH7 may mean 2 products" in vague.err) == (5, True)
    assert vague.err.splitlines()[-1] == "next:  Say which: --exchange CME"
    assert (clear.code, keys(clear)) == (0, ["ZED@NSE (ZED)"])


def test_what_ibkr_knows_by_no_name_is_asked_for_by_each_once(ibkr_sync: CommandLine) -> None:
    with gateway_with(ROW) as gateway:
        unknown, questions = get(ibkr_sync, gateway, "ZZZH7")
        narrowed, narrowly = get(ibkr_sync, gateway, "SR3@CME")
    assert (unknown.code, questions) == (5, ["ZZZH7@", "[ZZZH7]@", "ZZZ@"])
    assert "ZZZH7 was not found in IBKR: IBKR error 200" in unknown.message
    assert "nor does it know local symbol ZZZH7 or ZZZ" in unknown.message
    assert (narrowed.code, narrowly) == (5, ["SOFR3@CME", "SR3@CME", "[SR3]@CME"])


def test_a_class_that_the_catalogue_guessed_does_not_hide_the_product(
    ibkr_sync: CommandLine,
) -> None:
    """It knows no class of AUD at ICEUS, and calls it AUD@ICEUS (AUD)."""
    with gateway_with(product("AUD", "ICEUS", "KAU")) as gateway:
        found, questions = get(ibkr_sync, gateway, "AUD@ICEUS (AUD)")
    assert (found.code, keys(found), questions) == (0, ["AUD@ICEUS (KAU)"], ["AUD@ICEUS"])


def test_a_pin_narrows_a_question(ibkr_sync: CommandLine) -> None:
    rows = (product("DAX", "EUREX", "FDAX"), product("DAX", "EUREX", "FDXM"))
    ibkr_sync("pin", "DAX", "--trading-class", "FDXM")
    with gateway_with(*rows) as gateway:
        found, questions = get(ibkr_sync, gateway, "DAX")
    assert (found.code, keys(found), questions) == (0, ["DAX@EUREX (FDXM)"], ["DAX@EUREX"])


def test_a_contract_that_moved_is_found_and_makes_its_old_symbol_no_less_clear(
    ibkr_sync: CommandLine,
) -> None:
    chain = [
        product(
            "NOVA",
            "CME",
            "NOVA",
            con_id=str(70000 + month),
            local_symbol=f"NOVA{letter}8",
            contract_month=f"2098{month:02d}",
            last_trade_date_or_contract_month=f"2098{month:02d}19 08:30 US/Central",
            real_expiration_date=f"2098{month:02d}19",
        )
        for month, letter in ((9, "U"), (10, "V"), (11, "X"), (12, "Z"))
    ]
    moved = changed(chain[2], exchange="CBOT", valid_exchanges="CBOT")
    with gateway_with(*chain) as gateway:
        assert get(ibkr_sync, gateway, "NOVA")[0].code == 0
    with gateway_with(*chain[:2], chain[3], moved) as gateway:
        done, questions = get(ibkr_sync, gateway, "NOVA")
    assert (done.code, questions) == (0, ["NOVA@CME", "#70011"])

    for word, exchange in (
        ("NOVAX8", "CBOT"),
        ("70011", "CBOT"),
        ("NOVAZ8", "CME"),
        ("NOVA", "CME"),
    ):
        shown = ibkr_sync("show", word, "--json")
        assert (shown.code, shown.json["exchange"]) == (0, exchange), word
    for command in ("next", "history", "changes"):
        assert ibkr_sync(command, "NOVA").code == 0
    assert ibkr_sync("next", "NOVA@CBOT").out.startswith("NOVAX8")
    rows = [line.split() for line in ibkr_sync("list", "-f", "table").out.splitlines()]
    assert "never" in next(row for row in rows if "CBOT" in row)
    assert "never synced" in ibkr_sync("show", "NOVA@CBOT", "-f", "table").out
    with gateway_with(*chain[:2], chain[3], moved) as gateway:
        assert get(ibkr_sync, gateway, "NOVA")[1][0] == "NOVA@CME"
