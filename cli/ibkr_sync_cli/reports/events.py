"""What happened to products and contracts, with a note where nothing did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ibkr_sync.domain.entities.futures import Origin
from ibkr_sync.domain.errors import UnknownRunError
from ibkr_sync.domain.history.events import EventType, events_at_least
from ibkr_sync.domain.history.severity import Severity
from ibkr_sync_cli.messages.exit_codes import ExitCode
from ibkr_sync_cli.messages.next_steps import step_to_get_first
from ibkr_sync_cli.terminal.notices import write_nothing_notice, write_sample_data_notice
from ibkr_sync_cli.units.moments import instant_text
from ibkr_sync_cli.units.quantities import quantity_of
from ibkr_sync_cli.views.events import (
    changed_events_view,
    past_events_view,
    period_text,
    run_events_table,
    without_repeats,
)

if TYPE_CHECKING:
    from datetime import datetime

    from ibkr_sync.application.services.history import HistoryReport, HistoryService
    from ibkr_sync.application.services.product_sync import SyncReport
    from ibkr_sync.bootstrap import Services
    from ibkr_sync.domain.entities.futures import Future
    from ibkr_sync.domain.history.events import Event
    from ibkr_sync_cli.arguments.changes import ChangesQuestion
    from ibkr_sync_cli.invocation import Call
    from ibkr_sync_cli.terminal.output import Output


_MOST_LINES = 20
"""How many events are shown after a run, besides those that are critical."""


def report_run_events(output: Output, report: SyncReport[Any]) -> None:
    """Show on stderr what a run saw, and the commands that show it again.

    That a product is new the summary says. Where it is to be quiet those events that are critical
    are shown all the same, and no other.
    """
    wanted = Severity.CRITICAL if output.quiet else Severity.INFO
    events = events_at_least(wanted, without_repeats(report.events))
    found = [
        event for event in events if event.type is not EventType.NEW or event.con_id is not None
    ]
    if not found:
        return
    critical = events_at_least(Severity.CRITICAL, found)
    shown = found[: max(len(critical), _MOST_LINES)]
    output.show_on_stderr(run_events_table(shown))
    if len(shown) < len(found):
        output.remark(f"and {quantity_of(len(found) - len(shown), 'event')} more")
    for run in report.unreported:
        output.note(f"run {run} is reported here too: its process died")
    for seen_by in (*report.unreported, report.run_id):
        output.advise(output.command("changes", "--run", str(seen_by)))


def report_changed_events(
    call: Call, services: Services[Future], asked: ChangesQuestion, now: datetime
) -> ExitCode:
    """Show what happened; gives the exit code."""
    if asked.run is not None and services.runs.run(asked.run) is None:
        raise UnknownRunError(asked.run)
    events = _changes(services.history, asked, now)
    shown = events_at_least(asked.severity, events)
    is_sample = bool(shown) and services.futures.is_sample(shown[0].product)
    call.output.write(changed_events_view(shown, asked, now, is_sample=is_sample), call.wanted)
    if is_sample:
        write_sample_data_notice(call.output, call.output.format_for(call.wanted))
    if not events and not services.runs.last_runs(1):
        step = step_to_get_first(call.output.command)
        write_nothing_notice(call.output, "is stored yet: no run was recorded", step)
    elif not shown:
        nothing = f"nothing {asked.severity}" if events else "nothing"
        call.output.note(f"{nothing} changed {period_text(asked)}")
    is_alarm = asked.alarm is not None and events_at_least(asked.alarm, events)
    return ExitCode.STALE if is_alarm else ExitCode.OK


def _changes(history: HistoryService, asked: ChangesQuestion, now: datetime) -> tuple[Event, ...]:
    if asked.since is not None:
        return history.changes(asked.since, now, asked.product, asked.contract, until=asked.until)
    return history.of_run(asked.run or 0, asked.product, asked.contract)


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
        call.output.note(f"{what} since {instant_text(chronicle.first_seen_at)}")
