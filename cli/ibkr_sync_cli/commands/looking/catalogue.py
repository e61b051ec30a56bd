"""`catalogue`: what is known of products without asking anyone."""

from __future__ import annotations

from typing import Annotated

import typer

from ibkr_sync_cli.invocation import call_of
from ibkr_sync_cli.messages.exit_codes import ExitCode


def catalogue(
    context: typer.Context,
    pattern: Annotated[
        str | None,
        typer.Argument(
            help="A symbol, exchange, class, code, type or word of the name; with * and ?.",
            metavar="PATTERN",
            show_default=False,
        ),
    ] = None,
) -> None:
    """List the products that the bundled catalogue knows, your own from the settings included."""
    from ibkr_sync.bootstrap import catalogue_products
    from ibkr_sync_cli.views.products.catalogue import catalogue_view

    call = call_of(context)
    found = catalogue_products(call.profile, pattern)
    call.output.write(catalogue_view(found), call.wanted)
    if not found:
        get = call.output.command("get", pattern or "SYMBOL", "--source", "ibkr")
        call.output.complain(f"The catalogue knows no {pattern!r}.", f"IBKR may know it: {get}")
        raise typer.Exit(ExitCode.NOT_FOUND)
