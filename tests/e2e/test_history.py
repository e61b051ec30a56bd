"""What changed, every change of a contract, and a past day, by the installed command."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from e2e.command_line import CommandLine
from e2e.one_run import CLOCK
from e2e.stored_rows import opened
from example_products import DECEMBER, ES, MARCH
from ibkr_sync.domain.entities.contracts import ContractMonth, FuturesContract, Venue
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.interchange.product_document import product_to_document

NOW = datetime.now(UTC)
EXPIRY = (NOW + timedelta(days=30)).replace(microsecond=0)
MONTH = ContractMonth(EXPIRY.year, EXPIRY.month)
NEAR = dataclasses.replace(
    DECEMBER,
    listing=None,
    contract_month=MONTH,
    last_trade_date=EXPIRY.date(),
    last_trade_at=EXPIRY,
    real_expiration_date=EXPIRY.date(),
    time_zone="UTC",
    order_types=("LMT",),
)
FAR = dataclasses.replace(MARCH, last_trade_date=(EXPIRY + timedelta(days=90)).date())
PRODUCT = dataclasses.replace(ES, contracts=(NEAR, FAR), synced_at=None)
UNKNOWN_OF_THE_PAST = (
    *("order_types", "last_trade_text", "schedule"),
    *("min_size", "size_increment", "suggested_size_increment", "settlement_method"),
)


def store(ibkr_sync: CommandLine, product: Future, *options: str) -> datetime:
    """Store a product from a file of this instant; gives an instant right after it."""
    write(ibkr_sync, product)
    done = ibkr_sync("get", "ES", "--source", "file:es.json", *options)
    assert done.code == 0, done
    return datetime.now(UTC)


def write(ibkr_sync: CommandLine, product: Future, at: datetime | None = None) -> None:
    """Write a product to a file of an instant, or of this one."""
    at = at or datetime.now(UTC)
    document = product_to_document(dataclasses.replace(product, synced_at=at), at)
    (ibkr_sync.cwd / "es.json").write_text(json.dumps(document), encoding="utf-8")


def changed(**fields: object) -> Future:
    """The product with its near contract changed."""
    near = dataclasses.replace(NEAR, **fields)  # type: ignore[arg-type]
    return dataclasses.replace(PRODUCT, contracts=(near, FAR))


def known(document: dict[str, Any]) -> dict[str, Any]:
    """What a past day can tell of a product."""
    for contract in document["contracts"]:
        for name in UNKNOWN_OF_THE_PAST:
            del contract[name]
    return document


def test_a_change_is_reported_with_old_new_when_and_by_which_run(ibkr_sync: CommandLine) -> None:
    store(ibkr_sync, PRODUCT)
    moved = EXPIRY - timedelta(days=1)
    dates = {"last_trade_date": moved.date(), "last_trade_at": moved}
    store(ibkr_sync, changed(multiplier=Decimal(5), **dates))

    done = ibkr_sync("changes", "--json")

    assert (done.code, done.err, done.json["schema"]) == (0, "", "ibkr-sync/changes/1")
    *rest, new = done.json["events"]
    assert (new["type"], new["con_id"], new["new"], new["run"]) == ("NEW", None, "2", 1)
    message = {item["type"]: item for item in rest}
    assert message.keys() == {"EXPIRY_MOVED", "MULTIPLIER_CHANGED"}
    multiplier = message["MULTIPLIER_CHANGED"]
    assert len(multiplier.pop("id")) == 16
    at = datetime.fromisoformat(multiplier.pop("at"))
    assert abs(datetime.now(UTC) - at) < timedelta(minutes=5)
    assert multiplier == {
        "type": "MULTIPLIER_CHANGED",
        "severity": "critical",
        "symbol": "ES",
        "exchange": "CME",
        "trading_class": "ES",
        "con_id": NEAR.con_id,
        "local_symbol": "ESZ6",
        "field": "multiplier",
        "old": "50",
        "new": "5",
        "run": 2,
    }
    assert (message["EXPIRY_MOVED"]["old"], message["EXPIRY_MOVED"]["new"]) == (
        *(str(EXPIRY.date()), str(moved.date())),
    )


def test_changes_are_the_same_in_every_format(ibkr_sync: CommandLine) -> None:
    store(ibkr_sync, PRODUCT)
    store(ibkr_sync, changed(multiplier=Decimal(5), local_symbol="=ES 1"))
    events = ibkr_sync("changes", "--json").json["events"]

    by_line = ibkr_sync("changes", "-f", "jsonl").out.splitlines()
    piped = ibkr_sync("changes").rows("\t")
    table = ibkr_sync("changes", "-f", "table").out.splitlines()

    assert [json.loads(line) for line in by_line] == events
    text = [{k: "" if v is None else str(v) for k, v in event.items()} for event in events]
    assert [dict(row) for row in piped] == [
        {column: record[column] for column in piped[0]} for record in text
    ]
    assert max(map(len, table)) <= 80
    assert table[-1].startswith("3 events · since ")
    assert table[-1].endswith(" · 1 critical · 1 notice · 1 info")
    (line,) = (line for line in table if "MULTIPLIER_CHANGED" in line)
    assert line.split()[2:] == ["critical", "MULTIPLIER_CHANGED", "=ES", "1", "50", "→", "5", "2"]


def test_changes_are_narrowed_by_symbol_time_and_severity(ibkr_sync: CommandLine) -> None:
    store(ibkr_sync, PRODUCT)
    store(ibkr_sync, changed(multiplier=Decimal(5), long_name="Mini"))

    def types(*options: str) -> list[str]:
        done = ibkr_sync("changes", *options, "--json")
        assert done.code == 0, done
        return [event["type"] for event in done.json["events"]]

    every = ["MULTIPLIER_CHANGED", "NEW", "NAME_CHANGED"]
    assert types() == types("es") == types("--since", "2h") == every
    assert types("--since", str(NOW.date())) == every
    assert types("ESZ6") == every
    assert types("--since", "2d", "--until", "1d") == []
    assert types(str(FAR.con_id)) == ["NEW"]
    assert types("--severity", "notice") == types("--severity", "critical")
    assert types("--severity", "critical") == ["MULTIPLIER_CHANGED"]


def test_a_run_reports_what_it_saw_and_the_exit_code_what_matters(ibkr_sync: CommandLine) -> None:
    get = ("get", "ES", "--source", "file:es.json")
    store(ibkr_sync, PRODUCT)
    first = ibkr_sync("changes", "--exit-code", "notice")
    store(ibkr_sync, changed(multiplier=Decimal(5), long_name="Mini"))
    write(ibkr_sync, changed(multiplier=Decimal(2), long_name="Micro"))
    quiet = ibkr_sync("-q", *get)
    write(ibkr_sync, changed(multiplier=Decimal(2), long_name="Nano"))
    as_data = ibkr_sync("-q", *get, "--json")
    again = ibkr_sync("changes", "--run", "4", "--json").json
    table = ibkr_sync("changes", "--run", "3", "ESZ6", "-f", "table").out

    assert (first.code, quiet.code, quiet.out) == (0, 0, "")
    _, _, line, step = quiet.err.splitlines()
    assert line.split() == ["critical", "MULTIPLIER_CHANGED", "ESZ6", "5", "→", "2"]
    assert step == "next:  ibkr-sync changes --run 3"
    assert (as_data.err, as_data.json["run"]) == ("", 4)
    assert as_data.json["events"] == again["events"]
    assert [event["type"] for event in again["events"]] == ["NAME_CHANGED"]
    assert (again["run"], again["since"], again["until"]) == (4, None, None)
    assert "2 events · in run 3 · 1 critical · 1 info" in table
    codes = [
        ibkr_sync("changes", *options).code
        for options in (
            ("--exit-code", "critical", "--severity", "critical"),
            ("--run", "4", "--exit-code", "notice"),
            ("--run", "4", "--exit-code", "info"),
            ("--run", "5"),
            ("--run", "4", "--since", "1d"),
            ("--since", "1d", "--until", "2d"),
        )
    ]
    assert codes == [6, 0, 6, 5, 2, 2]


def test_contracts_that_expired_lately_are_reported(ibkr_sync: CommandLine) -> None:
    ended = (NOW - timedelta(days=2)).replace(microsecond=0)
    seen = ended - timedelta(days=1)
    write(ibkr_sync, changed(last_trade_at=ended, last_trade_date=ended.date()), seen)
    done = ibkr_sync("get", "ES", "--source", "file:es.json", env={CLOCK: seen.isoformat()})
    assert done.code == 0, done

    new, expired = ibkr_sync("changes", "--json").json["events"]

    assert (expired["type"], expired["con_id"], expired["run"]) == ("EXPIRED", NEAR.con_id, None)
    assert datetime.fromisoformat(expired["at"]) == ended
    assert (expired["field"], expired["old"], expired["new"]) == ("state", "active", "expired")
    assert new["type"] == "NEW"
    assert ibkr_sync("changes", "--since", "1d", "--json").json["events"] == []


def test_the_history_of_a_contract_has_every_change_the_newest_last(
    ibkr_sync: CommandLine,
) -> None:
    store(ibkr_sync, PRODUCT)
    for multiplier in (5, 50):
        store(ibkr_sync, changed(multiplier=Decimal(multiplier)))

    done = ibkr_sync("history", "ESZ6", "--json")

    assert (done.code, done.err, done.json["schema"]) == (0, "", "ibkr-sync/history/1")
    message = [
        (event["field"], event["old"], event["new"], event["run"]) for event in done.json["events"]
    ]
    assert message == [
        ("listing", None, "listed", 1),
        ("multiplier", "50", "5", 2),
        ("multiplier", "5", "50", 3),
    ]
    assert (done.json["con_id"], done.json["local_symbol"]) == (NEAR.con_id, "ESZ6")
    assert done.json["first_seen_at"] == done.json["events"][0]["at"]

    title, *table, footer = ibkr_sync("history", "ESZ6", "-f", "table").out.splitlines()
    assert title == "ESZ6  ES@CME (ES)"
    assert max(map(len, table)) <= 80
    assert footer.startswith("3 events · first seen ")
    piped = ibkr_sync("history", str(NEAR.con_id), "--field", "MULTIPLIER").rows("\t")
    assert [(row["old"], row["new"]) for row in piped] == [("50", "5"), ("5", "50")]


def test_the_history_of_a_product_has_its_own_changes_and_its_contracts(
    ibkr_sync: CommandLine,
) -> None:
    store(ibkr_sync, PRODUCT)
    renamed = dataclasses.replace(changed(multiplier=Decimal(5)), name="Mini")
    store(ibkr_sync, renamed)

    events = ibkr_sync("history", "ES", "--json").json["events"]

    assert [(event["type"], event["con_id"]) for event in events] == [
        ("NEW", None),
        ("NAME_CHANGED", None),
        ("MULTIPLIER_CHANGED", NEAR.con_id),
    ]


def test_a_past_instant_is_shown_exactly_as_it_was(ibkr_sync: CommandLine) -> None:
    first = store(ibkr_sync, PRODUCT)
    before = ibkr_sync("show", "ES", "--json").json
    other = changed(
        multiplier=Decimal(5),
        last_trade_date=(EXPIRY - timedelta(days=1)).date(),
        venues=(Venue(exchange="CME", market_rule_id=68),),
        security_ids=(),
        time_zone=None,
    )
    late = dataclasses.replace(FAR, con_id=7, local_symbol="ESM7")
    other = dataclasses.replace(
        other, contracts=(other.contracts[0], late), name="Mini", multiplier=Decimal(5)
    )
    store(ibkr_sync, other, "--allow-shrink")

    past = ibkr_sync("show", "ES", "--as-of", first.isoformat(), "--json")
    table = ibkr_sync("show", "ES", "--as-of", first.isoformat(), "-f", "table").out
    contract = ibkr_sync("show", "ESZ6", "--as-of", first.isoformat(), "-f", "table").out

    assert (past.code, past.err) == (0, "")
    assert known(past.json) == known(before)
    assert table.splitlines()[:2] == [
        *(f"as of {first:%Y-%m-%d %H:%M} UTC", "ES  E-mini S&P 500"),
    ]
    assert max(map(len, table.splitlines())) <= 80
    assert contract.splitlines()[:2] == [
        *(f"as of {first:%Y-%m-%d %H:%M} UTC", "ESZ6  ES  E-mini S&P 500"),
    ]
    now = ibkr_sync("show", "ES", "--as-of", str(datetime.now(UTC).date()), "--json").json
    assert known(now) == known(ibkr_sync("show", "ES", "--json").json)


def test_the_past_is_narrowed_by_the_size_that_there_was_then(ibkr_sync: CommandLine) -> None:
    first = store(ibkr_sync, PRODUCT)
    full, mini = str(NEAR.multiplier), "5"
    chain = tuple(
        dataclasses.replace(contract, multiplier=Decimal(mini)) for contract in PRODUCT.contracts
    )
    store(ibkr_sync, dataclasses.replace(PRODUCT, contracts=chain, multiplier=Decimal(mini)))
    then = ("--as-of", first.isoformat())
    for words in (["ES"], ["ES", "--multiplier", full], ["ES@CME (ES)", "--multiplier", full]):
        past = ibkr_sync("show", *words, *then, "--json").json
        assert {other["multiplier"] for other in past["contracts"]} == {full, None}
        assert ibkr_sync("next", *words, *then).code == 0
    for command in ("show", "next"):
        done = ibkr_sync(command, "ES", "--multiplier", mini, *then)
        assert (done.code, "Name one that is known: ES@CME (ES)" in done.message) == (5, True)


def test_a_renamed_product_is_reported_once_and_has_then_the_name_it_had(
    ibkr_sync: CommandLine,
) -> None:
    first = store(ibkr_sync, PRODUCT)
    chain = tuple(dataclasses.replace(contract, symbol="SPX") for contract in PRODUCT.contracts)
    spx = dataclasses.replace(PRODUCT, symbol="SPX", contracts=chain, synced_at=datetime.now(UTC))
    document = product_to_document(spx, datetime.now(UTC))
    (ibkr_sync.cwd / "spx.json").write_text(json.dumps(document), encoding="utf-8")
    renamed = ibkr_sync("get", "SPX", "--source", "file:spx.json")
    assert renamed.code == 0, renamed

    (event,) = ibkr_sync("changes", "--severity", "critical", "--json").json["events"]
    assert (event["type"], event["symbol"], event["con_id"]) == ("SYMBOL_RENAMED", "SPX", None)
    assert (event["old"], event["new"]) == ("ES", "SPX")
    for name in ("SPX", "ES@CME"):
        past = ibkr_sync("show", name, "--as-of", first.isoformat(), "--json").json
        assert (past["symbol"], len(past["contracts"])) == ("ES", 2)
        assert {contract["symbol"] for contract in past["contracts"]} == {"ES"}


def test_a_past_contract_is_judged_as_of_then(ibkr_sync: CommandLine) -> None:
    ended = (NOW - timedelta(days=2)).replace(microsecond=0)
    gone: FuturesContract = dataclasses.replace(
        NEAR, last_trade_at=ended, last_trade_date=ended.date()
    )
    store(ibkr_sync, dataclasses.replace(PRODUCT, contracts=(gone, FAR)))
    (database,) = (ibkr_sync.home / ".local/share/ibkr-sync").glob("*.db")
    with opened(database) as connection:
        for table, column in (
            *(("products", "first_seen_at"), ("contracts", "first_seen_at")),
            *(("contracts", "last_seen_at"), ("field_changes", "seen_at"), ("run_products", "at")),
            ("sync_runs", "started_at"),
        ):
            connection.execute(
                f"UPDATE {table} SET {column} ="  # noqa: S608 - names of ours
                f" strftime('%Y-%m-%d %H:%M:%S', {column}, '-9 days') || '.000000'"
            )
        connection.commit()
    day = str((NOW - timedelta(days=4)).date())

    today = ibkr_sync("show", "ES", "--json").json["contracts"]
    then = ibkr_sync("show", "ES", "--as-of", day, "--json").json["contracts"]
    table = ibkr_sync("show", "ES", "--as-of", day, "-f", "table").out

    assert [item["state"] for item in today] == ["expired", "active"]
    assert [item["state"] for item in then] == ["active", "active"]
    assert table.startswith(f"as of {day}\n")
    assert "2 listed" in table


@pytest.mark.parametrize("span", ["--since", "--until"])
def test_changes_may_be_asked_from_the_first_day_on(ibkr_sync: CommandLine, span: str) -> None:
    store(ibkr_sync, PRODUCT)
    done = ibkr_sync("changes", span, "0001-01-02", "--json")
    assert (done.code, len(done.json["events"]) > 0) == (0, span == "--since")


def test_before_it_was_known_a_product_is_not_found(ibkr_sync: CommandLine) -> None:
    store(ibkr_sync, PRODUCT)
    done = ibkr_sync("show", "ES", "--as-of", "2020-01-01")
    assert (done.code, done.out) == (5, "")
    assert "ES@CME (ES) was not known at 2020-01-01 23:59 UTC." in done.message
    assert "next: It is known since" in done.message


def test_without_history_there_is_an_empty_table_and_a_remark(ibkr_sync: CommandLine) -> None:
    for format_ in ("table", "tsv", "json"):
        done = ibkr_sync("changes", "-f", format_)
        assert done.code == 0
        assert done.err.startswith(
            "note: nothing is stored yet: no run was recorded\nnext:  ibkr-sync "
        )
    assert ibkr_sync("-q", "changes").err == ""
    assert not any(ibkr_sync.home.iterdir())

    store(ibkr_sync, PRODUCT)
    unchanged = ibkr_sync("history", "ESZ6", "--field", "multiplier", "--json")
    assert (unchanged.code, unchanged.json["events"]) == (0, [])
    assert unchanged.err.startswith("note: multiplier has not changed since ")
    quiet = ibkr_sync("changes", "--severity", "critical", "--json")
    assert (quiet.code, quiet.json["events"]) == (0, [])
    assert quiet.err.startswith("note: nothing critical changed since ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("history", "ES", "--field", "nonsense"), "last_trade_date"),
        (("changes", "--since", "soon"), "no moment"),
        (("changes", "--since", "2999-01-01"), "in the future"),
        (("changes", "--severity", "huge"), "huge"),
        (("show", "ES", "--as-of", "2999-01-01"), "in the future"),
        (("show", "ES", "--as-of", "yesterday"), "no moment"),
        (("show", "ES", "--as-of", "2026-02-30"), "no day of any month"),
    ],
)
def test_an_option_that_makes_no_sense_is_a_usage_error(
    ibkr_sync: CommandLine, arguments: tuple[str, ...], message: str
) -> None:
    done = ibkr_sync(*arguments)
    assert (done.code, done.out) == (2, "")
    assert message in done.message


@pytest.mark.parametrize("command", ["changes", "history"])
def test_what_is_not_stored_is_not_found(ibkr_sync: CommandLine, command: str) -> None:
    done = ibkr_sync(command, "ES")
    assert (done.code, done.out) == (5, "")
    assert "next: ibkr-sync get ES --source ibkr" in done.message
