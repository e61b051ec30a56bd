"""`demo`: a week of nightly refreshes on sample data, as they would have been."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import typer

from ibkr_sync_cli.invocation import Call, call_of, now
from ibkr_sync_cli.messages.next_command import DEMO_PROFILE, NextCommand
from ibkr_sync_cli.terminal.output import OutputFormat

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from ibkr_sync.bootstrap import Services
    from ibkr_sync.domain.entities.futures import Future
    from ibkr_sync_cli.messages.exit_codes import ExitCode

_SECONDS_TO_READ = 0.8


def demo(context: typer.Context) -> None:
    """Play a week of nightly refreshes against the built-in replay gateway, over a real socket.

    A tick changes, an expiry moves, a contract is delisted, and one night the gateway is away. The
    demo's database begins anew each time; afterwards look around in it with `-p demo`. There, `get`
    and `refresh` ask the sample without the week's changes, and report that they are gone.
    """
    from ibkr_sync.bootstrap.database import discard_sample
    from ibkr_sync.bootstrap.replay import sample_week

    call = _call(context)
    if not discard_sample(call.profile):
        raise typer.BadParameter(
            f"{call.database_name} is no file of sample data, which demo needs"
        )
    week = sample_week(now())
    _watch(call, week.symbols)
    for night in week.nights:
        _play(call, night.at, night.serve)
        if call.output.live_console() is not None:
            time.sleep(_SECONDS_TO_READ)
    _advise(call, week.nights[0].at.date())


def _call(context: typer.Context) -> Call:
    """The call as one of the profile demo, for people."""
    call = call_of(context, profile=DEMO_PROFILE)
    given = NextCommand.after(
        profile=DEMO_PROFILE, config=call.flags.get("config"), database=call.flags.get("database")
    )
    call.output.command = dataclasses.replace(given, replaying=DEMO_PROFILE)
    return dataclasses.replace(call, explicit_format=OutputFormat.TABLE)


def _watch(call: Call, symbols: Iterable[str]) -> None:
    from ibkr_sync_cli.reports.watchlist import report_watchlist_addition

    _show(call, "watchlist", "add", *symbols)
    with call.services() as services:
        found = [services.watchlist.match(symbol) for symbol in symbols]
        report_watchlist_addition(call, services.watchlist.add_found(found))


def _play(
    call: Call,
    at: datetime,
    serve: Callable[[Callable[[], datetime]], AbstractContextManager[tuple[str, int]]],
) -> None:
    """Run the refresh of a night, by a clock that is the night's; `serve` is its gateway."""
    from ibkr_sync.bootstrap import bootstrap
    from ibkr_sync.domain.entities.futures import Future

    began = time.monotonic()

    def clock() -> datetime:
        return at + timedelta(seconds=time.monotonic() - began)

    call.output.remark(f"\n{at:%A %d %B %Y, %H:%M} UTC", style="bold")
    _show(call, "refresh")
    with (
        serve(clock) as address,
        bootstrap(call.profile, Future, replaying_at=address, clock=clock) as services,
    ):
        code = _refresh(call, services)
    if code:
        call.output.remark(f"exit code {code:d}")


def _refresh(call: Call, services: Services[Future]) -> ExitCode:
    from ibkr_sync.application.services.refresh import RefreshSelection
    from ibkr_sync.domain.runs.sync_policy import SyncPolicy
    from ibkr_sync_cli.reports.progress import sync_with_progress
    from ibkr_sync_cli.reports.refresh import report_refresh

    begin = partial(services.refresh.begin, RefreshSelection(), SyncPolicy(), call.run.note)
    return sync_with_progress(
        *(call.output, "Refreshed", begin),
        lambda refresh: report_refresh(call, refresh.report(), services.audit.disagreements),
    )


def _show(call: Call, *arguments: str) -> None:
    call.output.remark(f"$ {call.output.command(*arguments)}", style="bold")


def _advise(call: Call, first_night: date) -> None:
    """Say what to type next; as of the first night nothing had changed yet."""
    output, command = call.output, call.output.command
    output.remark("\nThat was a week. Look around in it:", style="bold")
    for arguments in (
        ("changes", "--severity", "critical"),
        ("history", "ES"),
        ("show", "VX"),
        ("show", "VX", "--as-of", first_night.isoformat()),
        ("runs",),
    ):
        output.remark(f"  {command(*arguments)}")
    real = NextCommand.after(profile=None, config=call.flags.get("config"), database=None)
    output.remark("With TWS or IB Gateway at work:", style="bold")
    output.remark(f"  {real('get', 'ES', '--source', 'ibkr')}")
