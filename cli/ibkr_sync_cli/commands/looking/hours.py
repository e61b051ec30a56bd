"""`hours`: when products trade."""

from __future__ import annotations

from datetime import date
from functools import partial
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
        raise typer.BadParameter(f"{text!r} isn't a date; write 2026-11-23") from None


def hours(
    context: typer.Context,
    symbols: options.Symbols,
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
            "--on", help="One day, also a past one.", metavar="YYYY-MM-DD", parser=_parse_day
        ),
    ] = None,
    liquid: Annotated[bool, typer.Option("--liquid", help="Liquid hours only.")] = False,
    tz: Annotated[Clock, typer.Option("--tz", help="Whose clock the table shows.")] = (
        Clock.EXCHANGE
    ),
) -> None:
    """Show when products trade, from the database alone; days are the exchange's.

    JSON is a document for each product; those of several stand in a list.
    """
    from ibkr_sync.domain.entities.schedules import HoursKind
    from ibkr_sync_cli.reports.looking.hours import HoursQuestion, hours_view
    from ibkr_sync_cli.reports.looking.several import report_several

    if on is not None and days is not None:
        raise typer.BadParameter("--on is one day, so --days does not go with it")
    call, moment = call_of(context), now()
    question = HoursQuestion(
        limits=options.limits_of_options(exchange, currency, trading_class, multiplier),
        kind=HoursKind.LIQUID if liquid else HoursKind.TRADING,
        clock=tz,
        days=days or _USUAL_DAYS,
        on=on,
    )
    with call.reading() as services:
        ask = partial(hours_view, call.output, services, question, moment)
        raise typer.Exit(report_several(call, symbols, ask))
