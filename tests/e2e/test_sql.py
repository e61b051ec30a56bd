"""What the page about SQL shows to be asked is answered as the commands answer it."""

from __future__ import annotations

import re
import sqlite3
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

import views_page
from e2e.command_line import CommandLine
from e2e.stored_rows import opened
from ibkr_sync.infrastructure.repositories.local_repo.schema.columns import decimal_column_text
from postgres_server import client_program

PAGE = views_page.PAGE.read_text("utf-8")
QUERIES = dict(re.findall(r"^\*\*(.+?)\*\*.*?```sql\n(.*?);\n```$", PAGE, re.MULTILINE | re.DOTALL))
PRODUCTS = ("CL", "ES", "GC", "VIX")
IN_POSTGRES = (
    (re.compile(r"date\('now', '\+(\d+) days'\)"), r"CURRENT_DATE + \1"),
    (re.compile(r"datetime\('now', '-(\d+ \w+)'\)"), r"now() - interval '\1'"),
)
"""What the page says of PostgreSQL."""

INSTANT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}Z")

Row = dict[str, Any]
Ask = Callable[[str], list[Row]]


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """A command line whose demo has played its week; CL is stale since."""
    command_line = CommandLine(tmp_path_factory.mktemp("week"))
    assert command_line("demo").code == 0
    with opened(_file(command_line)) as connection:
        connection.execute(
            "UPDATE products SET synced_at = '2020-01-02 03:04:05.000000' WHERE symbol = 'CL'"
        )
        connection.commit()
    return command_line


def _file(week: CommandLine) -> Path:
    return week.home / ".local/share/ibkr-sync/demo.db"


@pytest.fixture(scope="module")
def copied(week: CommandLine, module_postgres_url: str) -> str:
    """The URL of a server that has the same rows."""
    done = week("-p", "demo", "db", "copy", "--to", module_postgres_url)
    assert done.code == 0, done
    return module_postgres_url


@pytest.fixture(params=["sqlite", "postgres"], scope="module")
def ask(request: pytest.FixtureRequest, week: CommandLine) -> Iterator[Ask]:
    """What asks either database of the same rows, in its own words."""
    if request.param == "sqlite":
        with closing(sqlite3.connect(f"file:{_file(week)}?mode=ro", uri=True)) as file:
            file.row_factory = sqlite3.Row
            yield lambda query: _plain(map(dict, file.execute(query)))
        return
    url = request.getfixturevalue("copied")
    with psycopg.connect(url, row_factory=psycopg.rows.dict_row) as server:
        server.execute("SET TIME ZONE 'UTC'")
        yield lambda query: _plain(server.execute(in_postgres(query)))


def in_postgres(query: str) -> str:
    """A query of the page in the words of PostgreSQL."""
    for words, others in IN_POSTGRES:
        query = words.sub(others, query)
    return query


def _plain(rows: Any) -> list[Row]:
    """Rows with numbers, dates and instants as JSON has them."""
    return [{name: _value(value) for name, value in row.items()} for row in rows]


def _value(value: Any) -> Any:
    if isinstance(value, str) and INSTANT.fullmatch(value):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, float | Decimal):
        return decimal_column_text(Decimal(str(value)))
    return str(value) if isinstance(value, date) else value


def shown(week: CommandLine, *arguments: str) -> Any:
    done = week("-p", "demo", *arguments, "--json")
    assert done.code in (0, 6), done
    return done.json


def some(rows: Iterable[Row], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in names) for row in rows]


def test_the_page_has_ten_queries_and_the_columns_of_every_view() -> None:
    assert views_page.page() == PAGE, "make docs"
    assert len(QUERIES) == 10


def test_views_have_what_show_and_list_have(week: CommandLine, ask: Ask) -> None:
    documents = shown(week, "show", *PRODUCTS)
    products = {row["symbol"]: row for row in ask("SELECT * FROM v_products")}
    contracts = {row["con_id"]: row for row in ask("SELECT * FROM v_contracts")}
    listed = {item["symbol"]: item for item in shown(week, "list")["products"]}
    for document in documents:
        product = products[document["symbol"]]
        assert product["product"] == "{symbol}@{exchange} ({trading_class})".format(**document)
        same = product.keys() & document.keys()
        assert {name: product[name] for name in same} == {name: document[name] for name in same}
        same = product.keys() & listed[document["symbol"]].keys()
        assert len(same) > 9
        assert {name: product[name] for name in same} == {
            name: listed[document["symbol"]][name] for name in same
        }
        for contract in document["contracts"]:
            row, delivery = contracts[contract["con_id"]], contract["delivery"]
            sources = {
                f"{name}_{part}": source[part]
                for name, source in delivery["sources"].items()
                for part in ("confidence", "source")
            }
            known = contract | (contract["listing"] or {}) | delivery | sources
            assert {name: row[name] for name in row.keys() & known.keys()} == {
                name: known[name] for name in row.keys() & known.keys()
            }


def test_the_nearest_contract_is_that_of_next(week: CommandLine, ask: Ask) -> None:
    day = datetime.now(UTC).date() + timedelta(days=3)
    query = QUERIES["The nearest contract that may be held"].replace("CURRENT_DATE", f"'{day}'")
    for symbol in PRODUCTS:
        (nearest,) = shown(week, "next", symbol, "--as-of", f"{day}T12:00Z")["contracts"]
        (row,) = ask(query.replace("'ES'", f"'{symbol}'"))
        nearest["hold_until_long"] = nearest["hold_until"]
        assert row == {name: nearest[name] for name in row}


def test_the_calendar_is_that_of_expirations(week: CommandLine, ask: Ask) -> None:
    """But for its ends, where dates differ from zone to zone."""
    found = shown(week, "expirations", "--within", "90d")["expirations"]
    rows = ask(QUERIES["The calendar of what ends and gives notice"].replace("30", "90"))
    today = datetime.now(UTC).date()
    inner = [str(today + timedelta(days=days)) for days in (2, 88)]
    names = ("what", "symbol", "exchange", "local_symbol", "con_id")
    of_command = some(
        (item for item in found if inner[0] <= item["date"] <= inner[1]), "date", *names
    )
    assert len(of_command) > 10
    assert sorted(of_command) == sorted(
        some((row for row in rows if inner[0] <= row["day"] <= inner[1]), "day", *names)
    )


def test_changes_are_those_of_history_and_changes(week: CommandLine, ask: Ask) -> None:
    names = ("run", "con_id", "field", "old", "new")
    of_contracts = [
        row
        for row in ask(QUERIES["What changed in seven days"].replace("7 days", "9 days"))
        if row["con_id"] is not None
    ]
    for symbol in PRODUCTS:
        events = shown(week, "history", symbol)["events"]
        recorded = [event for event in events if event["run"] and event["con_id"]]
        rows = [row for row in of_contracts if row["product"].startswith(f"{symbol}@")]
        news = [event for event in recorded if event["type"] == "NEW"]
        assert sorted(some(rows, *names), key=str) == sorted(
            some((event for event in recorded if event not in news), *names), key=str
        )
    ticks = shown(week, "history", "VIX", "--field", "min_tick")["events"]
    rows = ask(QUERIES["The history of one field"])
    assert sorted(some(rows, *names[:2], "old", "new"), key=str) == sorted(
        some(ticks, *names[:2], "old", "new"), key=str
    )


def test_products_are_those_of_check_list_and_show(week: CommandLine, ask: Ask) -> None:
    stale = shown(week, "check")["stale"]
    assert [row["product"] for row in ask(QUERIES["Products that are stale"])] == [
        "{symbol}@{exchange} ({trading_class})".format(**item) for item in stale
    ]
    assert [item["symbol"] for item in stale] == ["CL"]
    listed = shown(week, "list")["products"]
    rows = ask(QUERIES["Products of each exchange"])
    assert some(rows, "exchange", "products", "contracts") == sorted(
        (item["exchange"], 1, item["listed"]) for item in listed
    )
    names = ("currency", "multiplier", "point_value", "quoted_tick", "tick_value")
    assert some(ask(QUERIES["What a contract and a tick are worth"]), *names) == some(
        shown(week, "show", *PRODUCTS), *names
    )


def test_chains_are_those_of_show(week: CommandLine, ask: Ask) -> None:
    gold = shown(week, "show", "GC")["contracts"]
    names = ("local_symbol", "contract_month", "last_trade_date", "state", "multiplier", "con_id")
    assert some(ask(QUERIES["The chain of one product"]), *names) == some(gold, *names)
    day = str(datetime.now(UTC).date() + timedelta(days=40))
    noticed = [
        (contract["local_symbol"], contract["delivery"]["first_notice_date"])
        for contract in gold
        if contract["state"] == "active" and contract["delivery"]["first_notice_date"] <= day
    ]
    query = QUERIES["Contracts that trade within their notice period"]
    rows = ask(query.replace("CURRENT_DATE", f"'{day}'"))
    of_gold = [row for row in rows if row["product"] == "GC@COMEX (GC)"]
    assert some(of_gold, "local_symbol", "first_notice_date") == noticed != []


def test_failures_are_those_of_runs(week: CommandLine, ask: Ask) -> None:
    failed = [run["run"] for run in shown(week, "runs")["runs"] if run["failed"]]
    names = ("run", "symbol", "exchange", "error", "message")
    expected = [
        row
        for run in failed
        for row in some(shown(week, "runs", "--run", str(run))["products"], *names)
    ]
    assert some(ask(QUERIES["What failed, and why"]), *names) == expected != []


def test_psql_takes_every_query(copied: str) -> None:
    queries = [word for query in QUERIES.values() for word in ("-c", in_postgres(query))]
    command = [
        str(client_program("psql")),
        "-X",
        "-A",
        "-t",
        "-v",
        "ON_ERROR_STOP=1",
        *queries,
        copied,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own page
    assert "GC@COMEX (GC)|USD|100|100|0.1|10\n" in done.stdout


def test_pandas_reads_what_the_page_says(week: CommandLine) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {}
    exec(  # noqa: S102 - our own page
        program.replace("/home/you/.local/share/ibkr-sync/futures.db", str(_file(week))), names
    )
    contracts = names["contracts"]
    names["database"].close()
    assert {name: contracts.dtypes[name].kind for name in ("last_trade_date", "tick_value")} == {
        "last_trade_date": "M",
        "tick_value": "f",
    }
    assert str(contracts.dtypes["ends_at"].tz) == "UTC"
    assert len(contracts) > 100
