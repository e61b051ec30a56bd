"""The table of what ends and what gives notice."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ibkr_sync.domain.delivery.expirations import Expiration
from ibkr_sync.interchange.expiration_document import EXPIRATION_KEYS, expiration_record
from ibkr_sync.interchange.frames.columns import Column, ColumnKind, Row, plain_value
from ibkr_sync.interchange.frames.frame import Frame

EXPIRATIONS_SCHEMA: Final = "ibkr-sync/expirations-table/1"
"""Name and version: a column that is lost, or means something else, makes it `/2`."""

_KINDS: Final = {
    "date": ColumnKind.DATE,
    "local_symbol": ColumnKind.TEXT,
    **dict.fromkeys(("con_id", "days_left", "business_days_left"), ColumnKind.INTEGER),
}
_COLUMNS: Final = tuple(
    Column(name=name, kind=_KINDS.get(name, ColumnKind.REPEATED_TEXT)) for name in EXPIRATION_KEYS
)


def expiration_frame(expirations: Iterable[Expiration]) -> Frame:
    """The calendar in the order given, with the keys that JSON has; the month is text."""
    return Frame(schema=EXPIRATIONS_SCHEMA, columns=_COLUMNS, rows=tuple(map(_row, expirations)))


def _row(expiration: Expiration) -> Row:
    typed = {"date": expiration.day, "confidence": plain_value(expiration.confidence)}
    return expiration_record(expiration) | typed
