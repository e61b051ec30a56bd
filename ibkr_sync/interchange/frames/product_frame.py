"""The table of products, without their chains."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from ibkr_sync.domain.entities.fields import ordered_fields
from ibkr_sync.domain.entities.futures import PRODUCT_FIELDS, Future
from ibkr_sync.domain.selection.series_choice import listed_count
from ibkr_sync.interchange.frames.columns import (
    DERIVED_NUMBERS,
    Column,
    ColumnKind,
    cells_of,
    columns_of,
)
from ibkr_sync.interchange.frames.frame import Frame

PRODUCTS_SCHEMA: Final = "ibkr-sync/products/1"
"""Name and version: a column that is lost, or means something else, makes it `/2`."""

_FIELDS: Final = tuple(
    (field, f"{field.name}_" if field.parts else "")
    for field in ordered_fields(PRODUCT_FIELDS, ("symbol", "exchange", "trading_class", "name"))
)
_COLUMNS: Final = (
    *(column for field, prefix in _FIELDS for column in columns_of(field, prefix)),
    *(Column(name=name, kind=ColumnKind.NUMBER) for name in DERIVED_NUMBERS),
    Column(name="listed", kind=ColumnKind.INTEGER),
)


def product_frame(products: Iterable[Future], now: datetime) -> Frame:
    """Products by exchange, symbol and class; `listed` is of the aware instant `now`."""
    ordered = sorted(products, key=lambda other: (other.exchange, *other.key))
    rows = tuple(dict(_cells(product, now)) for product in ordered)
    return Frame(schema=PRODUCTS_SCHEMA, columns=_COLUMNS, rows=rows)


def _cells(product: Future, now: datetime) -> Iterator[tuple[str, object]]:
    yield from cells_of(_FIELDS, product)
    for name in DERIVED_NUMBERS:
        yield name, getattr(product, name)
    yield "listed", listed_count(product, now)
