"""The sessions of a product on one day, which may be long past."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ibkr_sync.domain.entities.schedules import ClosedDay, TradingSession
from ibkr_sync_cli.terminal.output import Result
from ibkr_sync_cli.views.hours.coming_hours import COLUMNS, coming_session_record, hours_records
from ibkr_sync_cli.views.hours.product_hours import ProductDay
from ibkr_sync_cli.views.records import record_cells

if TYPE_CHECKING:
    from rich.console import RenderableType

SCHEMA = "ibkr-sync/hours-of-day/2"


def hours_of_day_view(shown: ProductDay) -> Result:
    """The day in every format."""

    def table() -> RenderableType:
        from ibkr_sync_cli.views.hours.hours_table import day_table  # rich, not for pipes

        return day_table(shown)

    return Result(
        table=table,
        document=lambda: _document(shown),
        records=lambda: list(_records(shown)),
        columns=COLUMNS,
        rows=lambda: map(record_cells, _records(shown)),
    )


def _document(shown: ProductDay) -> dict[str, object]:
    future, hours = shown.future, shown.hours
    return {
        "schema": SCHEMA,
        **future.key._asdict(),
        "name": future.name,
        "origin": future.origin.value,
        "hours": hours.kind.value,
        "time_zone": hours.calendar.time_zone.key,
        "date": hours.day.isoformat(),
        "sessions": [
            coming_session_record(entry, hours.calendar.time_zone, shown.now)
            for entry in hours.entries
            if isinstance(entry, TradingSession)
        ],
        "closed": any(isinstance(entry, ClosedDay) for entry in hours.entries),
        "may_lack_earlier_sessions": hours.may_lack_earlier_sessions,
    }


def _records(shown: ProductDay) -> Iterator[dict[str, object]]:
    """One per session, and one for a closed day."""
    future, hours = shown.future, shown.hours
    head = {
        **future.key._asdict(),
        "hours": hours.kind.value,
        "time_zone": hours.calendar.time_zone.key,
        "origin": future.origin.value,
    }
    return hours_records(head, hours.entries, hours.calendar.time_zone, shown.now)
