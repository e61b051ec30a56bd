"""`demo`: the main job end to end, on sample data."""

from __future__ import annotations

from typing import Annotated

import typer

from ibkr_sync_cli.invocation import call_of, now
from ibkr_sync_cli.messages.next_command import NextCommand
from ibkr_sync_cli.terminal.output import OutputFormat


def demo(
    context: typer.Context,
    symbol: Annotated[
        str, typer.Argument(help="A product of the sample.", metavar="SYMBOL")
    ] = "ES",
) -> None:
    """Fetch and show a product from the built-in replay gateway, over a real socket."""
    from ibkr_sync.domain.naming.limits import Limits
    from ibkr_sync.domain.runs.sync_policy import SyncPolicy
    from ibkr_sync_cli.arguments.symbols import resolve_symbol
    from ibkr_sync_cli.views.products.product import product_view
    from ibkr_sync_cli.views.runs.outcomes import outcome_sentence

    call = call_of(context, profile="demo")
    output, given = call.output, call.flags
    output.command = NextCommand.after(
        profile="demo", config=given.get("config"), database=given.get("database")
    )
    output.remark(f"$ {output.command('get', symbol, '--source', 'ibkr')}", style="bold")
    with call.services() as services:
        found = resolve_symbol(output, services.futures, symbol, Limits(), source_decides=True)
        update = services.futures.get(found.query, SyncPolicy())
        output.remark(outcome_sentence(update))
        output.remark(f"$ {output.command('show', symbol)}", style="bold")
        product = services.deliveries.dated(services.futures.show(found.query))
    output.write(product_view(product, now(), command=output.command), OutputFormat.TABLE)
