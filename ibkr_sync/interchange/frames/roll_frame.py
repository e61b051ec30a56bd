"""The table of rolls."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ibkr_sync.domain.delivery.rolls import Roll
from ibkr_sync.interchange.frames.columns import Column, ColumnKind, Row, plain_value
from ibkr_sync.interchange.frames.frame import Frame
from ibkr_sync.interchange.roll_document import ROLL_KEYS, roll_record

ROLLS_SCHEMA: Final = "ibkr-sync/rolls-table/1"
"""Name and version: a column that is lost, or means something else, makes it `/2`."""

_KINDS: Final = {
    "date": ColumnKind.DATE,
    **dict.fromkeys(("from_local_symbol", "to_local_symbol"), ColumnKind.TEXT),
    **dict.fromkeys(("from_con_id", "to_con_id"), ColumnKind.INTEGER),
}
_COLUMNS: Final = tuple(
    Column(name=name, kind=_KINDS.get(name, ColumnKind.REPEATED_TEXT)) for name in ROLL_KEYS
)


def roll_frame(rolls: Iterable[Roll]) -> Frame:
    """Rolls in the order given, with the keys that JSON has; months are text."""
    return Frame(schema=ROLLS_SCHEMA, columns=_COLUMNS, rows=tuple(map(_row, rolls)))


def _row(roll: Roll) -> Row:
    return roll_record(roll) | {"date": roll.day, "confidence": plain_value(roll.confidence)}
