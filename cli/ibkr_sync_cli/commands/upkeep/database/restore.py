"""`db restore`: what a backup holds, in place of what is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ibkr_sync_cli.invocation import call_of, now

if TYPE_CHECKING:
    from ibkr_sync_cli.invocation import Call


def restore(
    context: typer.Context,
    file: Annotated[str, typer.Argument(help="The backup.", metavar="FILE")],
    yes: Annotated[bool, typer.Option("--yes", help="Replace what is stored.")] = False,
) -> None:
    """Put what a backup holds in place of what is stored, which is kept aside.

    A backup is what `db backup` writes, or `db upgrade` before it begins; one of an older version
    is brought up to date on its way.
    """
    from ibkr_sync.bootstrap.database import is_filled, restore_database
    from ibkr_sync_cli.arguments.backup_file import parse_backup
    from ibkr_sync_cli.reports.progress import counting_rows
    from ibkr_sync_cli.reports.upkeep.table_contents import report_contents

    call = call_of(context)
    path = parse_backup(file, call.profile.database_file)
    if not yes and is_filled(call.profile):
        _refuse(call, file)
    with counting_rows(call.output, "Restoring") as on_progress:
        done = restore_database(call.profile, path, now(), on_progress)
    kept = None if done.kept is None else str(done.kept)
    places = {"database": call.database_name, "file": str(path), "kept": kept}
    sentence = f"restored from {path}"
    report_contents(call, done.contents, "ibkr-sync/db-restore/1", places, sentence)
    if kept is not None:
        call.output.remark(f"what was stored before is kept: {kept}")


def _refuse(call: Call, file: str) -> None:
    from ibkr_sync_cli.messages.exit_codes import ExitCode

    call.output.complain(
        f"{call.database_name} is not empty: what it holds would be replaced, and kept aside.",
        call.output.command("db", "restore", file, "--yes"),
    )
    raise typer.Exit(ExitCode.USAGE)
