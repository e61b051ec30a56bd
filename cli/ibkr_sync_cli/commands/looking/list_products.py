"""`list`: the products in the database."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from ibkr_sync_cli.arguments import options
from ibkr_sync_cli.invocation import call_of, now
from ibkr_sync_cli.units.durations import parse_duration


def list_products(
    context: typer.Context,
    exchange: options.Exchange = None,
    expiring: Annotated[
        timedelta | None,
        typer.Option(
            "--expiring",
            help="Only those whose next expiry is this near.",
            metavar="30d",
            parser=parse_duration,
        ),
    ] = None,
    format: options.Format = None,  # noqa: A002 - the option's name
    json: options.Json = False,
) -> None:
    """List the products in the database."""
    from ibkr_sync_cli.views.products.product_list import product_list_view

    call, moment = call_of(context, format, json=json), now()
    until = (moment + expiring).date() if expiring is not None else None
    with call.services() as services:
        stored = services.futures.list_products()
    products = [each for each in stored if each.is_of(exchange, expiring_until=until)]
    call.output.write(product_list_view(products, moment), call.wanted)
    if not products and (exchange or expiring is not None):
        call.output.remark("note: nothing that is stored fits", style="yellow")
    elif not products:
        command = call.output.command("get", "ES", "--source", "ibkr")
        call.output.remark(f"Nothing is stored yet. Next: {command}")
