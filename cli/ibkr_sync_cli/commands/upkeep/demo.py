"""`demo`: the main job end to end, on sample data."""

from __future__ import annotations

from typing import Annotated

import typer

from ibkr_sync_cli.invocation import invocation_of, now
from ibkr_sync_cli.messages.next_command import NextCommand
from ibkr_sync_cli.terminal.output import OutputFormat


def demo(
    context: typer.Context,
    symbol: Annotated[
        str, typer.Argument(help="A product of the sample.", metavar="SYMBOL")
    ] = "ES",
) -> None:
    """Fetch and show a product from the built-in replay gateway, over a real socket."""
    from ibkr_sync.bootstrap import bootstrap
    from ibkr_sync.domain.entities.futures import Future
    from ibkr_sync.domain.runs.sync_policy import SyncPolicy
    from ibkr_sync_cli.arguments.symbols import SymbolOptions, resolve
    from ibkr_sync_cli.views.products.product import product_result
    from ibkr_sync_cli.views.runs.outcomes import outcome_sentence

    invocation = invocation_of(context)
    invocation.flag(profile="demo")
    output = invocation.output
    output.command = NextCommand.after(
        profile="demo",
        config=invocation.flags.get("config"),
        database=invocation.flags.get("database"),
    )
    output.remark(f"$ {output.command('get', symbol, '--source', 'ibkr')}", style="bold")
    with bootstrap(invocation.profile, Future) as services:
        query = resolve(
            output, services.futures, symbol, SymbolOptions(), source_decides=True
        ).query
        update = services.futures.get(query, SyncPolicy())
        output.remark(outcome_sentence(update))
        output.remark(f"$ {output.command('show', symbol)}", style="bold")
        product = services.futures.show(query)
    output.write(product_result(product, now()), OutputFormat.TABLE)
