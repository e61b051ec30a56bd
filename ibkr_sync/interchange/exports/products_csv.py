"""Products as CSV: a row a contract, in the columns of `product_rows`, readable as a source."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from ibkr_sync.domain.entities.exported_product import ExportedProduct
from ibkr_sync.domain.untrusted_text import harmless_text
from ibkr_sync.interchange.exports.export_parts import ExportNote, FilePart
from ibkr_sync.interchange.exports.products_jsonl import scope_of
from ibkr_sync.interchange.formula_safety import neutralise_formula
from ibkr_sync.interchange.product_rows import CONTRACT_COLUMNS, product_to_rows


def build(products: Iterable[ExportedProduct], at: datetime) -> Iterator[FilePart | ExportNote]:
    """Give the header, then the rows of each product."""
    yield FilePart(content=_lines([{column: column for column in CONTRACT_COLUMNS}]))
    for item in products:
        rows = product_to_rows(item.product, at, scope_of(item), item.ladders)
        yield FilePart(content=_lines(rows))


def _lines(rows: Iterable[Mapping[str, str]]) -> bytes:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, CONTRACT_COLUMNS, lineterminator="\n")
    for row in rows:
        writer.writerow({key: neutralise_formula(harmless_text(row[key])) for key in row})
    return buffer.getvalue().encode()
