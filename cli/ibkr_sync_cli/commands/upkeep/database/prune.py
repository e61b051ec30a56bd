"""`db prune`: bound what the raw replies take."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from ibkr_sync.domain.durations import duration_text
from ibkr_sync_cli.invocation import call_of, now
from ibkr_sync_cli.units.durations import parse_duration

_KEPT_FOR = timedelta(days=90)


def prune(
    context: typer.Context,
    older_than: Annotated[
        timedelta | None,
        typer.Option(
            "--older-than",
            help="Delete what is older.",
            metavar="90d",
            parser=parse_duration,
            show_default="keep_raw_replies",
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Delete; without it only report.")] = False,
) -> None:
    """Delete old raw replies, but never the newest of a product; history is never touched."""
    from ibkr_sync_cli.messages.exit_codes import ExitCode
    from ibkr_sync_cli.views.database.pruning import pruning_sentence, pruning_view

    call = call_of(context)
    given = (older_than, call.profile.keep_raw_replies, _KEPT_FOR)
    age = next(item for item in given if item is not None)
    with call.services() as services:
        pruning = services.raw_replies.prune(now() - age, dry_run=not yes)
    if pruning.not_compacted is not None:
        call.output.remark(f"warning: not compacted: {pruning.not_compacted}", style="yellow")
    call.output.write(pruning_view(pruning), call.wanted)
    call.output.remark(pruning_sentence(pruning))
    if pruning.is_due:
        call.output.advise(
            call.output.command("db", "prune", "--older-than", duration_text(age), "--yes")
        )
        raise typer.Exit(ExitCode.USAGE)
