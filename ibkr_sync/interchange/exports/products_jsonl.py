"""Products as JSON lines: the document of `product_document`, a product a line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime

from ibkr_sync.domain.entities.exported_product import ExportedProduct
from ibkr_sync.interchange.exports.export_parts import ExportNote, FilePart
from ibkr_sync.interchange.product_document import DocumentScope, product_to_document


def build(products: Iterable[ExportedProduct], at: datetime) -> Iterator[FilePart | ExportNote]:
    """Give the line of each product, in ASCII, so that it is the same whatever it is written to."""
    for item in products:
        document = product_to_document(item.product, at, scope_of(item), item.ladders)
        yield FilePart(content=json.dumps(document).encode() + b"\n")


def scope_of(item: ExportedProduct) -> DocumentScope:
    """What a document says of the chain that it has: only a whole one can be a source."""
    return DocumentScope.CHAIN if item.is_whole else DocumentScope.SELECTION
