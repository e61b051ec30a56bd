"""Tables of contracts, products and events, as rows and as other libraries have them."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Context, Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from example_products import DECEMBER, ES, MARCH, NOW
from ibkr_sync.domain.entities.delivery import (
    Confidence,
    DeliveryDates,
    DeliverySource,
    Settlement,
)
from ibkr_sync.domain.entities.futures import Future, ProductKey
from ibkr_sync.domain.errors import FrameError, FrameLibraryMissingError
from ibkr_sync.domain.history.events import Event, EventType
from ibkr_sync.domain.history.severity import Severity
from ibkr_sync.interchange.frames.contract_frame import contract_frame
from ibkr_sync.interchange.frames.event_frame import event_frame
from ibkr_sync.interchange.frames.frame import Frame
from ibkr_sync.interchange.frames.product_frame import product_frame
from ibkr_sync.interchange.product_rows import CONTRACT_COLUMNS
from one_case import one_case
from strategies import futures

EVENT = Event(
    type=EventType.MULTIPLIER_CHANGED,
    severity=Severity.CRITICAL,
    product=ES.key,
    con_id=DECEMBER.con_id,
    local_symbol="ESZ6",
    field="multiplier",
    old="10",
    new="2",
    at=NOW,
    run=3,
)
MADE_OF: tuple[Callable[[bool], Frame], ...] = (
    lambda is_empty: contract_frame([] if is_empty else [ES], NOW),
    lambda is_empty: product_frame([] if is_empty else [ES], NOW),
    lambda is_empty: event_frame([] if is_empty else [EVENT]),
)
LARGEST = Decimal(10) ** 19


def test_a_row_has_plain_values_of_the_contract_and_its_product() -> None:
    rule = DeliverySource(source="rule", confidence=Confidence.B, learnt_on=NOW.date())
    delivery = DeliveryDates(settlement=Settlement.CASH, sources={"settlement": rule})
    chain = (dataclasses.replace(DECEMBER, delivery=delivery), MARCH)
    december, march = contract_frame([dataclasses.replace(ES, contracts=chain)], NOW).rows
    assert december["contract_month"] == date(2026, 12, 1)
    assert december["contract_month_text"] == "2026-12"
    assert december["last_trade_at"] == datetime(2026, 12, 18, 14, 30, tzinfo=UTC)
    assert december["venues"] == [
        {"exchange": "CME", "market_rule_id": 67},
        {"exchange": "QBALGO", "market_rule_id": None},
    ]
    assert december["security_ids"] == [{"type": "ISIN", "value": "XX0000000000"}]
    assert (december["state"], december["settlement"]) == ("active", "cash")
    assert (december["tick_value"], december["settlement_confidence"]) == (Decimal("12.5"), "B")
    assert (march["asset_class"], march["product_underlying_con_id"]) == ("index", 11004968)
    assert march["multiplier"] is march["contract_month"] is march["first_seen_at"] is None


def test_columns_are_called_as_those_of_csv_without_hours_and_ladders() -> None:
    (columns,) = {tuple(row) for row in contract_frame([ES], NOW).rows}
    assert set(columns) - set(CONTRACT_COLUMNS) == {"contract_month_text"}
    left_out = {"scope", "schema", "market_rules", "time_zone_id"}
    assert set(CONTRACT_COLUMNS) - set(columns) - left_out == {
        f"{kind}_{what}" for kind in ("trading", "liquid") for what in ("hours", "sessions")
    }


@given(st.lists(futures(), max_size=3))
@settings(max_examples=settings().max_examples // 2)
def test_whatever_is_stored_has_the_types_of_an_empty_table(products: list[Future]) -> None:
    frame, empty = contract_frame(products, NOW), contract_frame([], NOW)
    numbers = [value for row in frame.rows for value in row.values() if isinstance(value, Decimal)]
    assume(all(number < LARGEST for number in numbers))
    names = tuple(column.name for column in frame.columns)
    assert all(tuple(row) == names for row in frame.rows)
    arrow, polars, pandas = frame.to_arrow(), frame.to_polars(), frame.to_pandas()
    assert arrow.schema.equals(empty.to_arrow().schema, check_metadata=True)
    assert polars.schema == empty.to_polars().schema
    assert pandas.dtypes.equals(empty.to_pandas().dtypes)
    for row, read, other in zip(frame.rows, arrow.to_pylist(), polars.to_dicts(), strict=True):
        rounded = {name: _rounded(value) for name, value in row.items()}
        assert rounded == read == other
    assert [value.to_pydatetime() for value in pandas["last_trade_date"]] == [
        datetime.combine(row["last_trade_date"], datetime.min.time())  # type: ignore[arg-type]
        for row in frame.rows
    ]
    keys = [
        tuple(str(row[name]) for name in ("exchange", "symbol", "last_trade_date"))
        for row in frame.rows
    ]
    assert keys == sorted(keys)


def _rounded(value: object) -> object:
    place = Decimal("1e-18")
    return value.quantize(place, context=Context(60)) if isinstance(value, Decimal) else value


@one_case("make", MADE_OF)
def test_a_table_has_one_schema_in_every_library(make: Callable[[bool], Frame]) -> None:
    frame, empty = make(False), make(True)
    assert (len(empty.to_polars()), len(empty.to_pandas()), len(empty.to_arrow())) == (0, 0, 0)
    assert frame.to_arrow().schema.metadata == {b"schema": frame.schema.encode()}
    assert frame.to_polars().schema == empty.to_polars().schema
    assert frame.to_pandas().dtypes.equals(empty.to_pandas().dtypes)
    assert frame.to_arrow().to_pylist() == frame.to_polars().to_dicts() == list(frame.rows)


def test_parquet_keeps_types_and_small_numbers(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    chain = tuple(
        dataclasses.replace(DECEMBER, con_id=number, min_tick=Decimal(text), multiplier=None)
        for number, text in enumerate(("0.0000005", "101.7313"), start=1)
    )
    table = contract_frame([dataclasses.replace(ES, contracts=chain)], NOW).to_arrow()
    pq.write_table(table, tmp_path / "contracts.parquet", compression="zstd")
    read = pq.read_table(tmp_path / "contracts.parquet")
    assert read.schema.equals(table.schema, check_metadata=True)
    assert read["min_tick"].to_pylist() == [Decimal("0.0000005"), Decimal("101.7313")]
    assert read.schema.field("contract_month").type == pa.date32()
    assert read.schema.field("symbol").type == pa.dictionary(pa.int32(), pa.string())


def test_libraries_have_the_types_they_compute_with() -> None:
    import pandas as pd
    import polars as pl

    frame = contract_frame([ES], NOW)
    polars, pandas = frame.to_polars(), frame.to_pandas()
    assert polars.schema["multiplier"] == pl.Decimal(38, 18)
    assert polars.schema["last_trade_at"] == pl.Datetime("us", "UTC")
    assert pandas["last_trade_date"].dt.year.tolist() == [2026, 2027]
    assert pandas["multiplier"].astype(float).isna().tolist() == [False, True]
    assert pandas["last_trade_at"].dtype == pd.DatetimeTZDtype("us", "UTC")


@one_case(
    ("library", "make", "command"),
    [
        ("pyarrow", Frame.to_arrow, "pip install 'ibkr-sync[parquet]'"),
        ("pandas", Frame.to_pandas, "pip install pandas"),
        ("polars", Frame.to_polars, "pip install polars"),
    ],
)
def test_a_missing_library_is_named_with_how_to_install_it(
    library: str, make: Callable[[Frame], Any], command: str
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, library, None)
        with pytest.raises(FrameLibraryMissingError) as missing:
            make(contract_frame([ES], NOW))
    assert str(missing.value) == f"{library} is not installed: {command}"


def test_a_number_that_no_column_holds_is_refused_by_name() -> None:
    chain = (dataclasses.replace(DECEMBER, multiplier=Decimal(10) ** 20),)
    frame = contract_frame([dataclasses.replace(ES, contracts=chain)], NOW)
    with pytest.raises(FrameError, match=r"multiplier 1\.000000E\+20 has more than 20 digits"):
        frame.to_arrow()


def test_products_are_in_order_of_exchange_and_symbol() -> None:
    others = [dataclasses.replace(ES, symbol=name, contracts=()) for name in ("NQ", "AD")]
    early = dataclasses.replace(ES, exchange="CBOT", contracts=())
    keys = [row["symbol"] for row in product_frame([ES, *others, early], NOW).rows]
    assert keys == ["ES", "AD", "ES", "NQ"]
    assert product_frame([ES], NOW).rows[0]["listed"] == 2
    assert ProductKey("ES", "CME", "ES") == ES.key
