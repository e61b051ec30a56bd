"""`rolls`: when a position moves to the next contract."""

from __future__ import annotations

from typing import Annotated

import typer

from ibkr_sync.domain.delivery.hold_limits import PositionSide
from ibkr_sync.domain.entities.futures import Origin
from ibkr_sync_cli.arguments import nearest_rule, options
from ibkr_sync_cli.invocation import call_of, now


def rolls(
    context: typer.Context,
    symbol: Annotated[str, typer.Argument(help="A product, as GC or GC@COMEX.", metavar="SYMBOL")],
    exchange: options.Exchange = None,
    currency: options.Currency = None,
    trading_class: options.TradingClass = None,
    multiplier: options.Multiplier = None,
    rule: Annotated[
        str,
        typer.Option(
            "--rule",
            help="When: notice-3bd, last-trade-5bd, cutoff-1bd, each in days or business days (bd)"
            " before that date, or day-15 of the month.",
            metavar="RULE",
        ),
    ] = "cutoff-1bd",
    side: nearest_rule.Side = PositionSide.LONG,
    months: nearest_rule.Months = None,
    years: Annotated[
        int, typer.Option("--years", help="How many, back and ahead.", min=1, max=20)
    ] = 2,
    format: options.Format = None,  # noqa: A002 - the option's name
    json: options.Json = False,
) -> None:
    """Show from which contract to which on which date, and why, from the database alone.

    Past ones rest on what was stored by then (history), or only later (hindsight).
    """
    from ibkr_sync_cli.arguments.symbols import product_of_symbol
    from ibkr_sync_cli.terminal.notices import write_sample_data_notice
    from ibkr_sync_cli.views.products.rolls import rolls_view

    parsed = nearest_rule.parse_roll(rule, side)
    call, moment = call_of(context, format, json=json), now()
    limits = options.limits_of_options(exchange, currency, trading_class, multiplier)
    with call.services() as services:
        product = product_of_symbol(call.output, services.futures, symbol, limits, moment)
        found = services.deliveries.rolls(product, parsed, moment, months=months, years=years)
    call.output.write(rolls_view(product, found, rule), call.wanted)
    if product.origin is Origin.SAMPLE:
        write_sample_data_notice(call.output, call.output.format_for(call.wanted))
