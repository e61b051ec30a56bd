"""DuckDB, polars and pandas read our Parquet file with types, and each value as it is stored."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pytest

NUMBERS = ("multiplier", "min_tick", "quoted_tick", "tick_value", "point_value")
TEXTS = ("symbol", "exchange", "trading_class", "currency", "local_symbol", "state", "series")


def by_duckdb(file: Path) -> list[dict[str, Any]]:
    read = duckdb.read_parquet(str(file))
    return [dict(zip(read.columns, row, strict=True)) for row in read.fetchall()]


def by_polars(file: Path) -> list[dict[str, Any]]:
    return pl.read_parquet(file).to_dicts()


def by_pandas(file: Path) -> list[dict[str, Any]]:
    read = pd.read_parquet(file, dtype_backend="pyarrow")
    return [
        {name: None if value is pd.NA or value is pd.NaT else value for name, value in row.items()}
        for row in read.to_dict("records")
    ]


@pytest.mark.parametrize("read", [by_duckdb, by_polars, by_pandas])
def test_each_contract_is_read_as_it_is_stored(
    read: Callable[[Path], list[dict[str, Any]]],
    exported: Path,
    contracts: dict[int, dict[str, Any]],
) -> None:
    rows = read(exported / "contracts.parquet")
    assert sorted(row["con_id"] for row in rows) == sorted(contracts)
    for row in rows:
        ours = contracts[row["con_id"]]
        assert [row[name] for name in TEXTS] == [ours[name] for name in TEXTS]
        numbers = [None if ours[name] is None else Decimal(ours[name]) for name in NUMBERS]
        assert [row[name] for name in NUMBERS] == numbers
        assert row["last_trade_date"] == date.fromisoformat(ours["last_trade_date"])
        at = ours["last_trade_at"] and datetime.fromisoformat(ours["last_trade_at"])
        assert row["last_trade_at"] == at
        assert str(row["contract_month"])[:7] == ours["contract_month"]


def test_each_reader_has_the_types(exported: Path) -> None:
    file = exported / "contracts.parquet"
    in_duckdb = duckdb.read_parquet(str(file))
    types = dict(zip(in_duckdb.columns, map(str, in_duckdb.types), strict=True))
    assert types["multiplier"] == "DECIMAL(38,18)"
    assert types["last_trade_at"] == "TIMESTAMP WITH TIME ZONE"
    assert (types["last_trade_date"], types["con_id"]) == ("DATE", "BIGINT")
    assert re.fullmatch(r"STRUCT\(.*\)\[\]", types["venues"])

    schema = pl.read_parquet_schema(file)
    assert schema["multiplier"] == pl.Decimal(38, 18)
    assert schema["last_trade_at"] == pl.Datetime("us", "UTC")
    assert schema["last_trade_date"] == pl.Date
    assert schema["exchange"] == pl.Categorical

    in_pandas = pd.read_parquet(file, dtype_backend="pyarrow").dtypes.astype(str)
    assert in_pandas["multiplier"] == "decimal128(38, 18)[pyarrow]"
    assert in_pandas["last_trade_at"] == "timestamp[us, tz=UTC][pyarrow]"
