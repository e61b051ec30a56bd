"""`show`: one product as it is stored."""

from __future__ import annotations

from typing import Annotated

import typer

from ibkr_sync_cli import options
from ibkr_sync_cli.invocation import invocation_of, now


def show(
    context: typer.Context,
    symbol: Annotated[str, typer.Argument(help="IBKR's symbol, as ES.", metavar="SYMBOL")],
    exchange: options.Exchange = None,
    currency: options.Currency = None,
    trading_class: options.TradingClass = None,
    expired: Annotated[
        bool, typer.Option("--expired", help="Expired and delisted contracts too.")
    ] = False,
    wide: Annotated[bool, typer.Option("--wide", help="All columns.")] = False,
    format: options.Format = None,  # noqa: A002 - the option's name
    json: options.Json = False,
) -> None:
    """Show a product and its chain, from the database alone."""
    from ibkr_sync.bootstrap import bootstrap
    from ibkr_sync.domain.entities.futures import Future
    from ibkr_sync_cli.queries import product_query
    from ibkr_sync_cli.views.product import product_result

    invocation = invocation_of(context)
    invocation.flag(source="local")
    wanted = invocation.wanted_format(format, json=json)
    query = product_query(symbol, exchange, currency, trading_class)
    with bootstrap(invocation.profile, Future) as service:
        product = service.show(query)
    invocation.output.write(product_result(product, now(), wide=wide, expired=expired), wanted)
