"""`db prune`: bound what the raw replies take."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from ibkr_sync_cli.arguments import options
from ibkr_sync_cli.invocation import invocation_of, now
from ibkr_sync_cli.units.durations import parse_duration

_KEPT_FOR = "90d"
_LONGEST = timedelta(days=36_500)
_UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}


def prune(
    context: typer.Context,
    older_than: Annotated[
        timedelta,
        typer.Option(
            "--older-than", help="Delete what is older.", metavar="90d", parser=parse_duration
        ),
    ] = _KEPT_FOR,  # type: ignore[assignment]  # typer parses what stands here too
    yes: Annotated[bool, typer.Option("--yes", help="Delete; without it only tell.")] = False,
    format: options.Format = None,  # noqa: A002 - the option's name
    json: options.Json = False,
) -> None:
    """Delete old raw replies, but never the newest of a product; history is never touched."""
    from ibkr_sync.bootstrap import bootstrap
    from ibkr_sync.domain.entities.futures import Future
    from ibkr_sync.domain.errors import StorageError
    from ibkr_sync_cli.messages.exit_codes import ExitCode
    from ibkr_sync_cli.views.pruning import Pruning, pruning_result, pruning_sentence

    invocation = invocation_of(context)
    invocation.flag(source="local")
    wanted, output = invocation.wanted_format(format, json=json), invocation.output
    if older_than > _LONGEST:
        raise typer.BadParameter("--older-than takes up to a hundred years")
    before = now() - older_than
    with bootstrap(invocation.profile, Future) as services:
        replies = services.raw_replies
        pruning = Pruning(before=before, replies=replies.prunable(before))
        is_due = pruning.replies.replies > 0
        if is_due and yes:
            size = replies.database_size()
            deleted = replies.prune(before)
            try:
                replies.compact()
            except StorageError as error:
                output.remark(f"warning: not compacted: {error.detail}", style="yellow")
            sizes = (size, replies.database_size())
            pruning = Pruning(before=before, replies=deleted, sizes=sizes)
    output.write(pruning_result(pruning), wanted)
    output.remark(pruning_sentence(pruning))
    if is_due and not yes:
        output.advise(output.command("db", "prune", "--older-than", _typed(older_than), "--yes"))
        raise typer.Exit(ExitCode.USAGE)


def _typed(span: timedelta) -> str:
    """A duration as `parse_duration` reads it, in the largest unit that is exact."""
    for unit, length in _UNITS.items():
        if not span % length:
            return f"{span // length}{unit}"
    return f"{span // timedelta(seconds=1)}s"
