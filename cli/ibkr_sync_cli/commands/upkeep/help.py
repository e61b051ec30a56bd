"""`help`: what a command does and takes."""

from __future__ import annotations

from typing import Annotated

import typer

from ibkr_sync_cli.messages.usage_errors import no_such_command


def show_help(
    context: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(help="The command, as get or watchlist add.", metavar="COMMAND"),
    ] = None,
) -> None:
    """Show the help of a command, as COMMAND --help does."""
    here = context.find_root()
    for word in words or ():
        if not hasattr(here.command, "resolve_command"):
            raise no_such_command(here, word)
        name, command, _ = here.command.resolve_command(here, [word])
        here = command.make_context(name, [], parent=here, resilient_parsing=True)
        here.resilient_parsing = False  # or a word that is no command below it would not be refused
    typer.echo(here.get_help())
