"""`list`: the products in the database."""

from __future__ import annotations

from typing import Annotated

import typer

from ibkr_sync.domain.delivery.days_before import DaysBefore
from ibkr_sync_cli.arguments import nearest_rule, options
from ibkr_sync_cli.invocation import call_of, now


def list_products(
    context: typer.Context,
    exchange: options.Exchange = None,
    expiring: Annotated[
        DaysBefore | None,
        typer.Option(
            "--expiring",
            help="What ends or gives notice within this time, as `expirations --within` shows it.",
            metavar="30d",
            parser=nearest_rule.parse_days_ahead,
        ),
    ] = None,
) -> None:
    """List the products in the database, or the days on which their contracts end."""
    from ibkr_sync_cli.messages.next_steps import step_to_get_first
    from ibkr_sync_cli.reports.expirations import report_expirations
    from ibkr_sync_cli.terminal.notices import write_nothing_notice
    from ibkr_sync_cli.views.products.product_list import product_list_view

    call, moment = call_of(context), now()
    with call.reading() as services:
        if expiring is not None:
            raise typer.Exit(
                report_expirations(call, services, moment, exchange=exchange, within=expiring)
            )
        if exchange is not None:
            exchange = services.futures.known_exchange(exchange)
        stored = services.futures.list_products()
    products = [summary for summary in stored if summary.is_of(exchange)]
    call.output.write(product_list_view(products, moment), call.wanted)
    if not products:
        what = f"is stored of {exchange}" if exchange else "is stored yet"
        get = step_to_get_first(call.output.command)
        write_nothing_notice(call.output, what, None if exchange else get)
