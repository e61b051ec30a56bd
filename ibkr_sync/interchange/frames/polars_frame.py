"""Data frames of polars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibkr_sync.domain.errors import FrameLibraryMissingError
from ibkr_sync.interchange.frames.columns import Column, ColumnKind, Row
from ibkr_sync.interchange.frames.fixed_numbers import PRECISION, SCALE, fixed_numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl


def polars_frame(columns: Sequence[Column], rows: Sequence[Row]) -> pl.DataFrame:
    """The rows with a type for each column, whatever they have.

    Numbers are `Decimal(38, 18)`, instants `Datetime("us", "UTC")`, repeated text `Categorical`.
    Raises FrameLibraryMissingError, or FrameError for a number that is too large.
    """
    try:
        import polars as pl
    except ImportError as error:
        raise FrameLibraryMissingError("polars") from error
    types: dict[ColumnKind, pl.DataType] = {
        ColumnKind.TEXT: pl.String(),
        ColumnKind.REPEATED_TEXT: pl.Categorical(),
        ColumnKind.INTEGER: pl.Int64(),
        ColumnKind.NUMBER: pl.Decimal(PRECISION, SCALE),
        ColumnKind.DATE: pl.Date(),
        ColumnKind.INSTANT: pl.Datetime("us", "UTC"),
        ColumnKind.TEXTS: pl.List(pl.String()),
        ColumnKind.PAIRS: pl.List(pl.Struct({"type": pl.String(), "value": pl.String()})),
        ColumnKind.VENUES: pl.List(
            pl.Struct({"exchange": pl.String(), "market_rule_id": pl.Int64()})
        ),
    }
    return pl.DataFrame(
        [
            pl.Series(
                column.name,
                fixed_numbers(column.name, column.of(rows))
                if column.kind is ColumnKind.NUMBER
                else column.of(rows),
                dtype=types[column.kind],
            )
            for column in columns
        ]
    )
