"""`hours`: when a product trades."""

from __future__ import annotations

from typing import Annotated

import typer

from ibkr_sync_cli import options
from ibkr_sync_cli.clocks import Clock
from ibkr_sync_cli.invocation import invocation_of, now

_LONGEST = 366


def hours(
    context: typer.Context,
    symbol: options.Symbol,
    exchange: options.Exchange = None,
    currency: options.Currency = None,
    trading_class: options.TradingClass = None,
    days: Annotated[
        int, typer.Option("--days", help="How many days, from today on.", min=1, max=_LONGEST)
    ] = 7,
    liquid: Annotated[bool, typer.Option("--liquid", help="Only when trading is liquid.")] = False,
    tz: Annotated[Clock, typer.Option("--tz", help="Whose clock the table shows.")] = (
        Clock.EXCHANGE
    ),
    format: options.Format = None,  # noqa: A002 - the option's name
    json: options.Json = False,
) -> None:
    """Show when a product trades, from the database alone; days are the exchange's."""
    from ibkr_sync.bootstrap import bootstrap
    from ibkr_sync.domain.contract_hours import HoursKind, product_hours
    from ibkr_sync.domain.entities.futures import Future
    from ibkr_sync_cli.symbols import SymbolOptions, show_meant
    from ibkr_sync_cli.views.hours import hours_result
    from ibkr_sync_cli.views.product_hours import ProductHours

    invocation = invocation_of(context)
    invocation.flag(source="local")
    wanted = invocation.wanted_format(format, json=json)
    limits = SymbolOptions(exchange=exchange, currency=currency, trading_class=trading_class)
    moment = now()
    with bootstrap(invocation.profile, Future) as services:
        product = show_meant(invocation.output, services.futures, symbol, limits, moment)
    found = product_hours(product, moment, HoursKind.LIQUID if liquid else HoursKind.TRADING)
    shown = ProductHours(future=product, hours=found, now=moment, days=days, clock=tz)
    invocation.output.write(hours_result(shown), wanted)
    if found.problem is not None:
        invocation.output.remark(f"warning: {found.problem}; shown as sent", style="yellow")
