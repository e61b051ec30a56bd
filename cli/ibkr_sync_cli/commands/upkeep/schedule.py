"""`schedule`: an entry for a scheduler that keeps the data up to date."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from ibkr_sync_cli.arguments import options
from ibkr_sync_cli.invocation import call_of
from ibkr_sync_cli.units.durations import parse_longest_duration

if TYPE_CHECKING:
    from ibkr_sync_cli.views.schedule import Schedule

_NEW_YORK = "America/New_York"


class Scheduler(StrEnum):
    """What runs programs at set times."""

    CRON = "cron"
    SYSTEMD = "systemd"
    LAUNCHD = "launchd"


def _parse_time(text: str) -> time:
    try:
        return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007 - a time of any day
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no time; write 18:30") from error


def _parse_zone(text: str) -> str:
    try:
        return ZoneInfo(text).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise typer.BadParameter(f"{text!r} is no time zone; write Europe/Berlin") from error


def schedule(
    context: typer.Context,
    scheduler: Annotated[
        Scheduler, typer.Option("--print", help="The scheduler to print an entry for.")
    ],
    at: Annotated[
        time,
        typer.Option("--at", help="When, every day.", metavar="HH:MM", parser=_parse_time),
    ] = "18:30",  # type: ignore[assignment]  # typer parses defaults as what is typed
    zone: Annotated[
        str, typer.Option("--time-zone", help="Whose clock.", metavar="ZONE", parser=_parse_zone)
    ] = _NEW_YORK,
    groups: options.Groups = None,
    stale: options.Stale = None,
    deadline: Annotated[
        timedelta,
        typer.Option(
            "--deadline", help="How long it may take.", metavar="45m", parser=parse_longest_duration
        ),
    ] = "45m",  # type: ignore[assignment]  # as above
) -> None:
    """Print an entry for cron, systemd or launchd that refreshes the data every day."""
    from ibkr_sync.application.services.watching.watchlist import parse_watchlist_group
    from ibkr_sync.domain.runs.reset_windows import ResetTime
    from ibkr_sync_cli.scheduled_call import scheduled_refresh
    from ibkr_sync_cli.views import schedule as views

    call = call_of(context)
    named = tuple(parse_watchlist_group(group) for group in groups or ())
    refresh = scheduled_refresh(call, groups=named, stale=stale, deadline=deadline)
    today = date.today()  # noqa: DTZ011 - this machine's own day
    entry = views.Schedule.here(refresh, ResetTime(at=at, zone=zone), today)
    writers = {Scheduler.CRON: views.crontab_schedule, Scheduler.SYSTEMD: views.systemd_schedule}
    try:
        text = writers.get(scheduler, views.launchd_schedule)(entry)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    call.output.write_text(text)
    for window in entry.met_windows(by_machine=_is_by_machine(scheduler, entry)):
        sentence = f"{entry.daily} may meet a reset of IBKR's servers: {window}"
        call.output.remark(f"warning: {sentence}", style="yellow")


def _is_by_machine(scheduler: Scheduler, entry: Schedule) -> bool:
    """Whether this machine's clock decides when it runs, on each day of the year."""
    return scheduler is Scheduler.LAUNCHD or (scheduler is Scheduler.CRON and not entry.is_tried)
