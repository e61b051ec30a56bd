"""The table of events."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ibkr_sync.domain.history.events import Event
from ibkr_sync.interchange.event_document import EVENT_KEYS, event_record
from ibkr_sync.interchange.frames.columns import Column, ColumnKind
from ibkr_sync.interchange.frames.frame import Frame

EVENTS_SCHEMA: Final = "ibkr-sync/events/1"
"""Name and version: a column that is lost, or means something else, makes it `/2`."""

_KINDS: Final = {
    "at": ColumnKind.INSTANT,
    "con_id": ColumnKind.INTEGER,
    "run": ColumnKind.INTEGER,
    **dict.fromkeys(("old", "new", "id", "local_symbol"), ColumnKind.TEXT),
}
_COLUMNS: Final = tuple(
    Column(name=name, kind=_KINDS.get(name, ColumnKind.REPEATED_TEXT)) for name in EVENT_KEYS
)


def event_frame(events: Iterable[Event]) -> Frame:
    """Events in the order given, with the keys that JSON has; `old` and `new` are text."""
    rows = (event_record(event) | {"at": event.at} for event in events)
    ordered = tuple({column.name: row[column.name] for column in _COLUMNS} for row in rows)
    return Frame(schema=EVENTS_SCHEMA, columns=_COLUMNS, rows=ordered)
