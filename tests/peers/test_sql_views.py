"""DuckDB reads our views in an SQLite file, as the page on SQL has it."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
from duckdb_extensions import import_extension

PAGE = Path(__file__).parents[2] / "docs/sql.md"
FILE = re.compile(r"'[^']*\.db'")


def test_the_documented_way_to_attach_the_database_gives_typed_contracts(
    exported: Path, contracts: dict[int, dict[str, Any]]
) -> None:
    (recipe,) = re.findall(r"```sql\n(INSTALL sqlite;.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert FILE.search(recipe)
    import_extension("sqlite")  # what INSTALL does, without the network
    database = duckdb.connect()
    database.execute(
        FILE.sub(f"'{exported / 'sample.db'}'", recipe).removeprefix("INSTALL sqlite;")
    )

    rows = database.execute(
        "SELECT con_id, local_symbol, state, last_trade_date, ends_at, multiplier FROM contracts"
    ).fetchall()
    assert sorted(row[0] for row in rows) == sorted(contracts)
    for con_id, local_symbol, state, last_trade_date, ends_at, multiplier in rows:
        ours = contracts[con_id]
        assert (local_symbol, state) == (ours["local_symbol"], ours["state"])
        assert last_trade_date == date.fromisoformat(ours["last_trade_date"])
        assert multiplier == Decimal(ours["multiplier"])
        if ours["last_trade_at"]:
            assert ends_at == datetime.fromisoformat(ours["last_trade_at"])


def test_every_view_can_be_read(exported: Path) -> None:
    import_extension("sqlite")
    database = duckdb.connect()
    database.execute(f"LOAD sqlite; ATTACH '{exported / 'sample.db'}' AS futures (TYPE sqlite)")
    for view in ("v_products", "v_contracts", "v_changes", "v_runs"):
        assert database.execute(f"SELECT * FROM futures.{view}").fetchall()  # noqa: S608 - ours


def test_every_query_of_the_page_is_answered_as_by_sqlite(exported: Path) -> None:
    import_extension("sqlite")
    file = exported / "sample.db"
    queries = re.findall(
        r"^\*\*.+?\*\*.*?```sql\n(.*?);\n```$",
        PAGE.read_text("utf-8"),
        re.MULTILINE | re.DOTALL,
    )
    assert len(queries) == 10
    database = duckdb.connect()
    database.execute(f"LOAD sqlite; ATTACH '{file}' AS futures (TYPE sqlite, READ_ONLY)")
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as sqlite:
        for query in queries:
            by_duckdb = database.execute(f"FROM sqlite_query('futures', $${query}$$)").fetchall()
            assert plain(by_duckdb) == plain(sqlite.execute(query).fetchall())


def plain(rows: Iterable[Sequence[Any]]) -> list[list[object]]:
    """Rows with text that is a number as one: DuckDB has no types for what SQLite computed."""
    return [[_number(value) for value in row] for row in rows]


def _number(value: Any) -> object:
    try:
        return float(value)
    except (TypeError, ValueError):
        return value
