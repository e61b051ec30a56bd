"""`report`: all that is stored on one page."""

from __future__ import annotations

from typing import Annotated

import typer

from ibkr_sync_cli.arguments import options
from ibkr_sync_cli.invocation import call_of, now, refuse_database
from ibkr_sync_cli.terminal.result_file import parse_result_file, refuse_folder
from ibkr_sync_cli.units.moments import parse_first_moment


def report(
    context: typer.Context,
    html: Annotated[
        str, typer.Option("--html", help="The file to write; - is stdout.", metavar="FILE")
    ],
    since: Annotated[
        str,
        typer.Option(
            "--since", help="Changes from when on: 7d ago, a date or an instant.", metavar="7d"
        ),
    ] = "7d",
    max_age: options.MaxAge = "26h",  # type: ignore[assignment]  # typer parses defaults as what is typed
) -> None:
    """Write all that is stored as one page of HTML, from the database alone.

    What changed, until when contracts may be held, what ends in the next 90 days, the hours of the
    week, and what is stale. The page is one file, runs no script and loads nothing.
    """
    from ibkr_sync_cli.reports.looking.overview import report_overview

    moment, page = now(), parse_result_file(html)
    begin = parse_first_moment(since, moment)
    call = call_of(context)
    if call.output.file is not None:
        raise typer.BadParameter("--html says where the page goes, so --output does not go with it")
    if page is not None:
        refuse_folder(page)
        refuse_database(page, call.profile.database_file)
    with call.reading() as services:
        report_overview(call, services, page, moment, since=begin, max_age=max_age)
