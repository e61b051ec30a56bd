"""`check`: is the data fresh? For monitoring."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from ibkr_sync_cli.arguments import options
from ibkr_sync_cli.invocation import invocation_of, now
from ibkr_sync_cli.messages.exit_codes import ExitCode
from ibkr_sync_cli.units.durations import duration_text, parse_limit
from ibkr_sync_cli.units.quantities import counted

if TYPE_CHECKING:
    from ibkr_sync.application.services.freshness import FreshnessReport
    from ibkr_sync_cli.terminal.output import Output


def check(
    context: typer.Context,
    max_age: Annotated[
        timedelta,
        typer.Option(
            "--max-age", help="What is older is stale.", metavar="26h", parser=parse_limit
        ),
    ] = "26h",  # type: ignore[assignment]  # typer parses defaults as what is typed
    groups: options.Groups = None,
    format: options.Format = None,  # noqa: A002 - the option's name
    json: options.Json = False,
) -> None:
    """Tell which watched products are stale and why, from the database alone; exit 6 if any is.

    Without a watchlist all that is stored is meant. With --quiet nothing is said when all is well.
    """
    from ibkr_sync.bootstrap import bootstrap
    from ibkr_sync.domain.entities.futures import Future
    from ibkr_sync_cli.terminal.notices import tell_sample_data
    from ibkr_sync_cli.views.runs.freshness import freshness_result

    invocation = invocation_of(context)
    invocation.flag(source="local")
    output, moment = invocation.output, now()
    wanted = invocation.wanted_format(format, json=json)
    with bootstrap(invocation.profile, Future) as services:
        report = services.freshness.check(max_age, moment, groups or ())
    if report.is_ok and output.quiet:
        return
    output.write(freshness_result(report, moment), wanted)
    if report.is_sample:
        tell_sample_data(output, output.format_for(wanted))
    if not report.is_ok:
        _complain(output, report, moment)
        raise typer.Exit(ExitCode.STALE)


def _complain(output: Output, report: FreshnessReport, moment: datetime) -> None:
    """Tell on stderr what is not well."""
    from ibkr_sync_cli.views.runs.run_list import run_sentence

    refresh = output.command("refresh", "--source", "ibkr")
    if report.checked == 0:
        output.complain("Nothing is watched or stored.", output.command("watchlist", "add", "ES"))
    if report.stale:
        count, limit = counted(report.checked, "product"), duration_text(report.max_age)
        told = f"{len(report.stale)} of {count} without a complete reply for {limit}"
        output.complain(f"{told}, at {moment:%Y-%m-%d %H:%M} UTC.", refresh)
    if report.is_run_alarming and report.run is not None:
        sentence = run_sentence(report.run)
        products = output.command("runs", "--run", str(report.run.run_id))
        output.complain(f"{sentence[0].upper()}{sentence[1:]}.", f"See: {products}")
