"""`check`: is the data fresh? For monitoring."""

from __future__ import annotations

import typer

from ibkr_sync_cli.arguments import options
from ibkr_sync_cli.invocation import call_of, now
from ibkr_sync_cli.messages.exit_codes import ExitCode


def check(
    context: typer.Context,
    max_age: options.MaxAge = "26h",  # type: ignore[assignment]  # typer parses defaults as what is typed
    groups: options.Groups = None,
) -> None:
    """List the watched products that are stale, and why, from the database alone; exit 6 if any is.

    Without a watchlist it covers all that is stored. With --quiet nothing is said when all is well.
    """
    from ibkr_sync_cli.reports.freshness import report_freshness

    call, moment = call_of(context), now()
    with call.reading() as services:
        report = services.freshness.check(max_age, moment, groups or ())
    report_freshness(call, report, moment)
    if not report.is_ok:
        raise typer.Exit(ExitCode.STALE)
