"""`changes`: what happened to products and contracts lately."""

from __future__ import annotations

from typing import Annotated

import typer

from ibkr_sync.domain.history.severity import Severity
from ibkr_sync_cli.arguments import options
from ibkr_sync_cli.invocation import call_of, now


def changes(
    context: typer.Context,
    symbol: Annotated[
        str | None,
        typer.Argument(help="Only this product or contract.", metavar="SYMBOL"),
    ] = None,
    exchange: options.Exchange = None,
    currency: options.Currency = None,
    trading_class: options.TradingClass = None,
    multiplier: options.Multiplier = None,
    since: Annotated[
        str,
        typer.Option("--since", help="From when on: 7d ago, a date or an instant.", metavar="7d"),
    ] = "7d",
    severity: Annotated[
        Severity,
        typer.Option("--severity", help="Only what matters at least this much."),
    ] = Severity.INFO,
) -> None:
    """Tell what changed, as typed events, from the database alone.

    Critical is what breaks a trading system: an expiry that moved, another multiplier, price
    magnifier, tick, currency, symbol, exchange or time zone, a delisted contract.
    """
    from ibkr_sync.domain.history.events import events_at_least
    from ibkr_sync_cli.arguments.symbols import find_symbol
    from ibkr_sync_cli.reports.events import report_changed_events
    from ibkr_sync_cli.units.moments import parse_first_moment

    call, moment = call_of(context), now()
    limits = options.limits_of_options(exchange, currency, trading_class, multiplier)
    start, product, contract = parse_first_moment(since, moment), None, None
    with call.services() as services:
        if symbol is not None:
            found, contract = find_symbol(call.output, services.futures, symbol, limits, moment)
            product = found.key
        events = services.history.changes(start, moment, product, contract)
        shown = events_at_least(severity, events)
        is_sample = bool(shown) and services.futures.is_sample(shown[0].product)
    nothing = f"nothing {severity}" if events else "nothing"
    report_changed_events(call, shown, start, moment, nothing=nothing, is_sample=is_sample)
