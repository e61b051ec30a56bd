"""`db backup`: all that is stored, as a file."""

from __future__ import annotations

from typing import Annotated

import typer

from ibkr_sync_cli.invocation import call_of


def backup(
    context: typer.Context,
    file: Annotated[str, typer.Argument(help="The file to write.", metavar="FILE")],
    yes: Annotated[bool, typer.Option("--yes", help="Replace a file that is there.")] = False,
) -> None:
    """Back the database up into a SQLite file, while others use it.

    The file appears when it is whole and was compared with the database, and is readable by you
    alone. Of PostgreSQL too it is a SQLite file: any command reads it with --database FILE.
    """
    from ibkr_sync.bootstrap.database import back_up_database
    from ibkr_sync_cli.arguments.backup_file import parse_new_backup
    from ibkr_sync_cli.messages.exit_codes import ExitCode
    from ibkr_sync_cli.reports.progress import counting_rows
    from ibkr_sync_cli.reports.upkeep.table_contents import report_contents

    call = call_of(context)
    path = parse_new_backup(file, call.profile.database_file)
    if path.exists() and not yes:
        call.output.complain(
            f"{path} is there already.", call.output.command("db", "backup", file, "--yes")
        )
        raise typer.Exit(ExitCode.USAGE)
    with counting_rows(call.output, "Backing up") as on_progress:
        contents = back_up_database(call.profile, path, on_progress)
    places = {"database": call.database_name, "file": str(path)}
    done = f"backed up into {path}, and compared"
    report_contents(call, contents, "ibkr-sync/db-backup/1", places, done)
