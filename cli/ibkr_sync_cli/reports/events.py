"""What happened to products and contracts, with a note where nothing did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibkr_sync.domain.entities.futures import Origin
from ibkr_sync_cli.terminal.notices import write_sample_data_notice
from ibkr_sync_cli.views.events import changed_events_view, past_events_view

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ibkr_sync.application.services.history import HistoryReport
    from ibkr_sync.domain.history.events import Event
    from ibkr_sync_cli.invocation import Call


def report_changed_events(
    call: Call,
    events: Sequence[Event],
    since: datetime,
    now: datetime,
    *,
    nothing: str,
    is_sample: bool,
) -> None:
    """Show events; `nothing` says what did not change where there are none."""
    call.output.write(changed_events_view(events, since, now, is_sample=is_sample), call.wanted)
    if is_sample:
        write_sample_data_notice(call.output, call.output.format_for(call.wanted))
    if not events:
        _note(call, f"{nothing} changed", since)


def report_past_events(
    call: Call, chronicle: HistoryReport, field: str | None, origin: Origin
) -> None:
    """Show all that is recorded, or the changes of one field."""
    shown = [event for event in chronicle.events if field in (None, event.field)]
    call.output.write(past_events_view(chronicle, shown, origin), call.wanted)
    if origin is Origin.SAMPLE:
        write_sample_data_notice(call.output, call.output.format_for(call.wanted))
    if not shown:
        what = "nothing is recorded" if field is None else f"{field} has not changed"
        _note(call, what, chronicle.first_seen_at)


def _note(call: Call, what: str, since: datetime) -> None:
    call.output.remark(f"note: {what} since {since:%Y-%m-%d %H:%M} UTC", style="yellow")
