"""The sessions of a product over the next days."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from ibkr_sync.domain.entities.schedules import ClosedDay, TradingSession
from ibkr_sync_cli.terminal.output import Result
from ibkr_sync_cli.units.moments import instant_value
from ibkr_sync_cli.views.hours.product_hours import ProductHours
from ibkr_sync_cli.views.records import record_cells

if TYPE_CHECKING:
    from rich.console import RenderableType

SCHEMA = "ibkr-sync/hours/1"

COLUMNS = (
    *("symbol", "exchange", "trading_class", "con_id", "local_symbol", "hours", "time_zone"),
    *("date", "closed", "opens_at", "closes_at", "opens_local", "closes_local"),
    *("minutes", "current", "origin", "as_sent"),
)


def coming_hours_view(shown: ProductHours) -> Result:
    """The hours in every format; what can't be read is given as sent."""

    def table() -> RenderableType:
        from ibkr_sync_cli.views.hours.hours_table import hours_table  # rich, not for pipes

        return hours_table(shown)

    return Result(
        table=table,
        document=lambda: _document(shown),
        records=lambda: list(_records(shown)),
        columns=COLUMNS,
        rows=lambda: map(record_cells, _records(shown)),
    )


def _document(shown: ProductHours) -> dict[str, object]:
    future, contract, calendar = shown.future, shown.hours.contract, shown.calendar
    state, entries = shown.state, shown.entries
    return {
        "schema": SCHEMA,
        **future.key._asdict(),
        "name": future.name,
        "origin": future.origin.value,
        "con_id": contract.con_id,
        "local_symbol": contract.local_symbol,
        "hours": shown.hours.kind.value,
        "time_zone": contract.time_zone,
        "time_zone_id": shown.hours.time_zone_id,
        "seen_at": instant_value(contract.listing.last_seen_at) if contract.listing else None,
        "as_of": instant_value(shown.now),
        "in_session": state.is_open if state else None,
        "until": instant_value(state.until) if state else None,
        "known_until": instant_value(calendar.known_until) if calendar else None,
        "sessions": [
            coming_session_record(entry, calendar.time_zone, shown.now)
            for entry in entries
            if calendar and isinstance(entry, TradingSession)
        ],
        "closed_days": [
            entry.date.isoformat() for entry in entries if isinstance(entry, ClosedDay)
        ],
        "as_sent": shown.hours.text,
        "problem": shown.hours.problem,
    }


def _records(shown: ProductHours) -> Iterator[dict[str, object]]:
    """One per session and closed day; one per segment as sent, if they can't be read."""
    future, contract = shown.future, shown.hours.contract
    head = {
        **future.key._asdict(),
        "con_id": contract.con_id,
        "local_symbol": contract.local_symbol,
        "hours": shown.hours.kind.value,
        "time_zone": contract.time_zone,
        "origin": future.origin.value,
    }
    if shown.calendar is not None:
        yield from hours_records(head, shown.entries, shown.calendar.time_zone, shown.now)
        return
    for segment in shown.segments:
        yield dict.fromkeys(COLUMNS) | head | {"as_sent": segment}


def hours_records(
    head: Mapping[str, object],
    entries: Iterable[TradingSession | ClosedDay],
    zone: tzinfo,
    now: datetime,
) -> Iterator[dict[str, object]]:
    """One per session and closed day, by the names of `COLUMNS`; `head` is what all have."""
    for entry in entries:
        if isinstance(entry, ClosedDay):
            own = {"date": entry.date.isoformat(), "closed": True, "current": False}
        else:
            own = {"closed": False} | coming_session_record(entry, zone, now)
        yield {**dict.fromkeys(COLUMNS), **head, **own}


def coming_session_record(
    session: TradingSession, zone: tzinfo, now: datetime
) -> dict[str, object]:
    """A session in UTC and on the exchange's clock, by the names of `COLUMNS`."""
    opens, closes = session.opens_at.astimezone(zone), session.closes_at.astimezone(zone)
    return {
        "date": opens.date().isoformat(),
        "opens_at": instant_value(session.opens_at),
        "closes_at": instant_value(session.closes_at),
        "opens_local": opens.isoformat(),
        "closes_local": closes.isoformat(),
        "minutes": session.duration // timedelta(minutes=1),
        "current": session.opens_at <= now < session.closes_at,
    }
