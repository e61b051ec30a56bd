"""One instrument as a Parquet file of NautilusTrader's catalogue.

Source: `_write_chunk` and `_timestamps_to_filename` of `persistence/catalog/parquet.py`.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from ibkr_sync.interchange.exports.nautilus.instrument_ids import folder_name

if TYPE_CHECKING:
    import pyarrow as pa

_SECOND = 1_000_000_000


def instrument_path(row: Mapping[str, Any]) -> PurePosixPath:
    """Where the catalogue looks for an instrument, below its root."""
    moment = _file_moment(row["ts_init"])
    return PurePosixPath(
        "data", "futures_contract", folder_name(row["id"]), f"{moment}_{moment}.parquet"
    )


def instrument_file(row: Mapping[str, Any], origin: str) -> bytes:
    """The row as a file, which says where its data came from; needs pyarrow.

    The same row gives the same bytes, as long as pyarrow is the same.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = io.BytesIO()
    table = pa.Table.from_pylist([row], instrument_schema(origin))
    # Of a single row neither is of use, and they are half of the file.
    pq.write_table(table, file, use_dictionary=False, write_statistics=False)
    return file.getvalue()


def instrument_schema(origin: str) -> pa.Schema:
    """The columns; without `type` in the metadata NautilusTrader can't tell what the rows are."""
    import pyarrow as pa

    def words(index: pa.DataType) -> pa.DataType:
        return pa.dictionary(index, pa.string())

    return pa.schema(
        {
            "id": words(pa.int64()),
            "raw_symbol": pa.string(),
            "underlying": words(pa.int16()),
            "asset_class": words(pa.int8()),
            "exchange": words(pa.int16()),
            "currency": words(pa.int16()),
            "price_precision": pa.uint8(),
            "size_precision": pa.uint8(),
            "price_increment": words(pa.int16()),
            "size_increment": words(pa.int16()),
            "multiplier": words(pa.int16()),
            "lot_size": words(pa.int16()),
            "activation_ns": pa.uint64(),
            "expiration_ns": pa.uint64(),
            "margin_init": pa.string(),
            "margin_maint": pa.string(),
            "maker_fee": pa.string(),
            "taker_fee": pa.string(),
            "info": pa.binary(),
            "ts_event": pa.uint64(),
            "ts_init": pa.uint64(),
        },
        metadata={"type": "FuturesContract", "ibkr_sync.origin": origin},
    )


def _file_moment(nanoseconds: int) -> str:
    seconds, fraction = divmod(nanoseconds, _SECOND)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H-%M-%S}-{fraction:09d}Z"
