"""`help`: what a command does and takes."""

from __future__ import annotations

from typing import Annotated

import typer


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
            raise typer.BadParameter(f"{here.info_name} has no commands: {word!r} is none")
        name, command, _ = here.command.resolve_command(here, [word])
        here = command.make_context(name, [], parent=here, resilient_parsing=True)
    typer.echo(here.get_help())
