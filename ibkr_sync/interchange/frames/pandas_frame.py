"""Data frames of pandas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ibkr_sync.domain.errors import FrameLibraryMissingError
from ibkr_sync.interchange.frames.columns import Column, ColumnKind, Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

_TYPES: Final = {
    ColumnKind.TEXT: "string",
    ColumnKind.REPEATED_TEXT: "string",
    ColumnKind.INTEGER: "Int64",
    ColumnKind.DATE: "datetime64[us]",
    ColumnKind.INSTANT: "datetime64[us, UTC]",
}
"""What pandas calls the types; numbers and lists are objects of Python.

Repeated text is no `category`: frames of different rows would have different types.
"""


def pandas_frame(columns: Sequence[Column], rows: Sequence[Row]) -> pd.DataFrame:
    """The rows with a type for each column, whatever they have.

    Numbers stay exact: they are Decimals in columns of type `object`, which `astype(float)` makes
    floats. Dates are `datetime64[us]` at midnight, instants `datetime64[us, UTC]`, integers
    `Int64`, text `string`. Raises FrameLibraryMissingError.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise FrameLibraryMissingError("pandas") from error
    return pd.DataFrame(
        {
            column.name: pd.Series(column.of(rows), dtype=_TYPES.get(column.kind, "object"))
            for column in columns
        }
    )
