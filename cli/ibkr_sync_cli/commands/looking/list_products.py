"""`list`: the products in the database."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from ibkr_sync_cli.arguments import options
from ibkr_sync_cli.invocation import invocation_of, now
from ibkr_sync_cli.units.durations import parse_duration

if TYPE_CHECKING:
    from ibkr_sync.domain.entities.product_summary import ProductSummary


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
    from ibkr_sync.bootstrap import bootstrap
    from ibkr_sync.domain.entities.futures import Future
    from ibkr_sync_cli.views.products.product_list import products_result

    invocation = invocation_of(context)
    invocation.flag(source="local")
    wanted = invocation.wanted_format(format, json=json)
    until = (now() + expiring).date() if expiring is not None else None
    with bootstrap(invocation.profile, Future) as services:
        products = [
            each for each in services.futures.list_products() if _meant(each, exchange, until)
        ]
    invocation.output.write(products_result(products, now()), wanted)
    if not products and (exchange or expiring is not None):
        invocation.output.remark("note: nothing that is stored fits", style="yellow")
    elif not products:
        command = invocation.output.command("get", "ES", "--source", "ibkr")
        invocation.output.remark(f"Nothing is stored yet. Next: {command}")


def _meant(product: ProductSummary, exchange: str | None, until: date | None) -> bool:
    if exchange is not None and product.key.exchange != exchange.upper():
        return False
    return until is None or (product.next_expiry is not None and product.next_expiry <= until)
