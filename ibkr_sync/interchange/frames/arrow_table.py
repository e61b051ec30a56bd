"""Tables of Arrow, which Parquet files are written of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibkr_sync.domain.errors import FrameLibraryMissingError
from ibkr_sync.interchange.frames.columns import Column, ColumnKind, Row
from ibkr_sync.interchange.frames.fixed_numbers import PRECISION, SCALE, fixed_numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa


def arrow_table(schema: str, columns: Sequence[Column], rows: Sequence[Row]) -> pa.Table:
    """The rows with a type for each column, whatever they have.

    Numbers are `decimal128(38, 18)`, dates `date32`, instants `timestamp('us', tz='UTC')`, repeated
    text `dictionary<int32, string>`. The metadata has `schema`, its name and version, under
    that word. Raises FrameLibraryMissingError, or FrameError for a number that is too large.
    """
    try:
        import pyarrow as pa
    except ImportError as error:
        raise FrameLibraryMissingError("pyarrow", "parquet") from error
    text, integer = pa.string(), pa.int64()
    types = {
        ColumnKind.TEXT: text,
        ColumnKind.REPEATED_TEXT: pa.dictionary(pa.int32(), text),
        ColumnKind.INTEGER: integer,
        ColumnKind.NUMBER: pa.decimal128(PRECISION, SCALE),
        ColumnKind.DATE: pa.date32(),
        ColumnKind.INSTANT: pa.timestamp("us", tz="UTC"),
        ColumnKind.TEXTS: _list_of(text),
        ColumnKind.PAIRS: _list_of(pa.struct({"type": text, "value": text})),
        ColumnKind.VENUES: _list_of(pa.struct({"exchange": text, "market_rule_id": integer})),
    }
    fields = [pa.field(column.name, types[column.kind]) for column in columns]
    arrays = [pa.array(_values(column, rows), types[column.kind]) for column in columns]
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields, metadata={"schema": schema}))


def _values(column: Column, rows: Sequence[Row]) -> Sequence[object]:
    values = column.of(rows)
    return fixed_numbers(column.name, values) if column.kind is ColumnKind.NUMBER else values


def _list_of(item: pa.DataType) -> pa.DataType:
    """A list whose items are called as Parquet calls them, so that a file has the same schema."""
    import pyarrow as pa

    return pa.list_(pa.field("element", item))
