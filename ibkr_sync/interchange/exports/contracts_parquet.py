"""Contracts as Parquet: the typed columns of `contract_frame`, by exchange, symbol and date."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Final

from ibkr_sync.domain.entities.exported_product import ExportedProduct
from ibkr_sync.interchange.exports.export_parts import ExportNote, FilePart
from ibkr_sync.interchange.frames.contract_frame import contract_frame

if TYPE_CHECKING:
    import pyarrow as pa

    from ibkr_sync.domain.entities.futures import Future

_ROWS_HELD: Final = 2000
"""How many rows are made a group at least; one takes about 10 kB until then."""


def build(products: Iterable[ExportedProduct], at: datetime) -> Iterator[FilePart | ExportNote]:
    """Give the file; the same data is the same bytes. Raises FrameError for too large a number."""
    import pyarrow.parquet as pq

    file = io.BytesIO()
    writer: pq.ParquetWriter | None = None
    for table in _tables(products, at):
        writer = writer or pq.ParquetWriter(file, table.schema, compression="zstd")
        writer.write_table(table)
    if writer is not None:
        writer.close()
    yield FilePart(content=file.getvalue())


def _tables(products: Iterable[ExportedProduct], at: datetime) -> Iterator[pa.Table]:
    """The rows in tables of bounded size; a symbol of an exchange is never parted."""
    held: list[Future] = []
    for _, group in groupby(products, lambda item: item.product.key[:2]):
        held.extend(item.product for item in group)
        if sum(len(product.contracts) for product in held) >= _ROWS_HELD:
            yield contract_frame(held, at).to_arrow()
            held = []
    if held:
        yield contract_frame(held, at).to_arrow()
