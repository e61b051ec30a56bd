"""`db copy`: all that is stored, into another database."""

from __future__ import annotations

from typing import Annotated

import typer

from ibkr_sync_cli.invocation import call_of


def _parse_database(text: str) -> str:
    from ibkr_sync.domain.databases.database_url import parse_database

    try:
        address = parse_database(text)
    except ValueError as error:  # which repeats nothing of the text
        raise typer.BadParameter(str(error)) from None
    if address.server is None and not address.file:
        raise typer.BadParameter("name a file, or the URL of a server")
    return text


def copy(
    context: typer.Context,
    to: Annotated[
        str,
        typer.Option(
            "--to",
            help="An empty database, by its file or URL.",
            metavar="DB",
            parser=_parse_database,
        ),
    ],
) -> None:
    """Copy all of the database into an empty one, from SQLite to PostgreSQL or back.

    Every table is compared with what was read. Others may use the database meanwhile: what is
    copied is one state of it. What is cut short leaves the other one empty, and can be begun again.
    """
    from ibkr_sync.bootstrap.database import copy_database
    from ibkr_sync.domain.databases.database_url import mask_url
    from ibkr_sync_cli.messages.next_command import NextCommand
    from ibkr_sync_cli.reports.progress import counting_rows
    from ibkr_sync_cli.reports.upkeep.table_contents import report_contents

    call, target = call_of(context), mask_url(to)
    with counting_rows(call.output, "Copying") as on_progress:
        contents = copy_database(call.profile, to, on_progress)
    places = {"database": call.database_name, "target": target}
    done = f"copied to {target}, and compared"
    report_contents(call, contents, "ibkr-sync/db-copy/1", places, done)
    config = call.flags.get("config")
    command = NextCommand.after(profile=call.flags.get("profile"), config=config, database=to)
    call.output.remark(f"next:  {command('db', 'status')}")
