"""`hours`: when a product trades."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from ibkr_sync_cli.arguments import options
from ibkr_sync_cli.invocation import call_of, now
from ibkr_sync_cli.units.clocks import Clock

_LONGEST = 366
_USUAL_DAYS = 7


def _parse_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day; write 2026-11-23") from None


def hours(
    context: typer.Context,
    symbol: options.Symbol,
    exchange: options.Exchange = None,
    currency: options.Currency = None,
    trading_class: options.TradingClass = None,
    multiplier: options.Multiplier = None,
    days: Annotated[
        int | None,
        typer.Option(
            "--days", help="How many days, from today on; 7 if not given.", min=1, max=_LONGEST
        ),
    ] = None,
    on: Annotated[
        date | None,
        typer.Option(
            "--on", help="One day, past ones too.", metavar="YYYY-MM-DD", parser=_parse_day
        ),
    ] = None,
    liquid: Annotated[bool, typer.Option("--liquid", help="Only when trading is liquid.")] = False,
    tz: Annotated[Clock, typer.Option("--tz", help="Whose clock the table shows.")] = (
        Clock.EXCHANGE
    ),
) -> None:
    """Show when a product trades, from the database alone; days are the exchange's."""
    from ibkr_sync.domain.entities.schedules import HoursKind
    from ibkr_sync_cli.arguments.symbols import product_of_symbol
    from ibkr_sync_cli.reports.hours import report_coming_hours, report_hours_of_day
    from ibkr_sync_cli.views.hours.product_hours import ProductDay, ProductHours

    if on is not None and days is not None:
        raise typer.BadParameter("--on is one day, so --days does not go with it")
    call, moment = call_of(context), now()
    kind = HoursKind.LIQUID if liquid else HoursKind.TRADING
    limits = options.limits_of_options(exchange, currency, trading_class, multiplier)
    with call.services() as services:
        product = product_of_symbol(call.output, services.futures, symbol, limits, moment)
        if on is not None:
            known = services.past_hours.on(product, on, kind, moment)
            day = ProductDay(future=product, hours=known, now=moment, clock=tz)
            report_hours_of_day(call, day)
        else:
            coming = ProductHours.of(product, kind, moment, days=days or _USUAL_DAYS, clock=tz)
            report_coming_hours(call, coming)
