"""A Parquet file is read with types, in order, and is the same for the same data."""

from __future__ import annotations

import dataclasses
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from example_products import DECEMBER, ES, MARCH, NOW
from ibkr_sync.domain.entities.catalogue import ProductFacts
from ibkr_sync.domain.entities.exported_product import ExportedProduct
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.interchange.exports import contracts_parquet
from ibkr_sync.interchange.exports.contracts_parquet import build
from ibkr_sync.interchange.exports.export_parts import FilePart

TINY = dataclasses.replace(DECEMBER, con_id=5, min_tick=Decimal("0.0000005"), local_symbol="6J")


def file_of(*products: Future) -> bytes:
    exported = [
        ExportedProduct(product=product, facts=ProductFacts(), ladders={}) for product in products
    ]
    (part,) = build(exported, NOW)
    assert isinstance(part, FilePart)
    return part.content


def test_it_is_read_with_types_and_in_order_however_many_tables_it_took(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mini = dataclasses.replace(
        ES,
        trading_class="MES",
        contracts=(
            dataclasses.replace(TINY, trading_class="MES", last_trade_date=date(2027, 1, 1)),
        ),
    )
    other = dataclasses.replace(ES, exchange="CBOT", contracts=(MARCH,))
    monkeypatch.setattr(contracts_parquet, "_ROWS_HELD", 1)
    content = file_of(other, ES, mini)

    import pyarrow as pa
    import pyarrow.parquet as pq

    read = pq.ParquetFile(io.BytesIO(content))
    assert (read.num_row_groups, read.metadata.num_rows) == (2, 4)
    assert read.metadata.row_group(0).column(0).compression == "ZSTD"
    assert read.schema_arrow.metadata[b"schema"] == b"ibkr-sync/contracts/1"
    table = read.read()
    types = {field.name: field.type for field in table.schema}
    assert types["multiplier"] == pa.decimal128(38, 18)
    assert types["last_trade_at"] == pa.timestamp("us", tz="UTC")
    assert types["contract_month"] == types["last_trade_date"] == pa.date32()
    assert types["exchange"] == pa.dictionary(pa.int32(), pa.string())
    rows = table.to_pylist()
    assert [row["local_symbol"] for row in rows] == ["ESH7", "ESZ6", "6J", "ESH7"]
    assert rows[2]["min_tick"] == Decimal("0.0000005")
    assert rows[1]["last_trade_at"] == datetime(2026, 12, 18, 14, 30, tzinfo=UTC)
    assert rows[0]["multiplier"] is None


def test_the_same_data_is_the_same_bytes() -> None:
    assert file_of(ES) == file_of(dataclasses.replace(ES))
