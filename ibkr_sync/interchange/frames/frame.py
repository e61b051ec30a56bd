"""A table of plain values, and the libraries' tables that are made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ibkr_sync.interchange.frames.columns import Column, Row

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A table: its rows have every column, in the order of the columns.

    Attributes:
        schema: name and version of what the columns are.
        rows: with Decimal, date, UTC datetime, int, str, lists, and None for what is not known.
    """

    schema: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    def to_arrow(self) -> pa.Table:
        """The table of Arrow (see `arrow_table`); raises FrameError."""
        from ibkr_sync.interchange.frames.arrow_table import arrow_table

        return arrow_table(self.schema, self.columns, self.rows)

    def to_pandas(self) -> pd.DataFrame:
        """The data frame of pandas (see `pandas_frame`); raises FrameError."""
        from ibkr_sync.interchange.frames.pandas_frame import pandas_frame

        return pandas_frame(self.columns, self.rows)

    def to_polars(self) -> pl.DataFrame:
        """The data frame of polars (see `polars_frame`); raises FrameError."""
        from ibkr_sync.interchange.frames.polars_frame import polars_frame

        return polars_frame(self.columns, self.rows)
