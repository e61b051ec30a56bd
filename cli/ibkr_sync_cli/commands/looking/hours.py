"""`hours`: when a product trades."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from ibkr_sync_cli.arguments import options
from ibkr_sync_cli.invocation import invocation_of, now
from ibkr_sync_cli.units.clocks import Clock

if TYPE_CHECKING:
    from ibkr_sync.domain.entities.futures import Future
    from ibkr_sync.domain.hours.contract_hours import ContractHours
    from ibkr_sync.domain.hours.hours_by_day import HoursOfDay
    from ibkr_sync_cli.terminal.output import Result

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
    format: options.Format = None,  # noqa: A002 - the option's name
    json: options.Json = False,
) -> None:
    """Show when a product trades, from the database alone; days are the exchange's."""
    from ibkr_sync.bootstrap import bootstrap
    from ibkr_sync.domain.entities.futures import Future
    from ibkr_sync.domain.hours.contract_hours import HoursKind, product_hours
    from ibkr_sync_cli.arguments.symbols import SymbolOptions, show_meant

    invocation = invocation_of(context)
    invocation.flag(source="local")
    wanted = invocation.wanted_format(format, json=json)
    if on is not None and days is not None:
        raise typer.BadParameter("--on is one day, so --days does not go with it")
    limits = SymbolOptions(exchange=exchange, currency=currency, trading_class=trading_class)
    kind, moment = HoursKind.LIQUID if liquid else HoursKind.TRADING, now()
    with bootstrap(invocation.profile, Future) as services:
        product = show_meant(invocation.output, services.futures, symbol, limits, moment)
        if on is not None:
            known = services.past_hours.on(product, on, kind, moment)
            invocation.output.write(_day(product, known, moment, tz), wanted)
            if known.may_lack_earlier_sessions:
                told = f"note: what began the day before {on} is not known"
                invocation.output.remark(told, style="yellow")
            return
    found = product_hours(product, moment, kind)
    invocation.output.write(_window(product, found, moment, days or _USUAL_DAYS, tz), wanted)
    if found.problem is not None:
        invocation.output.remark(f"warning: {found.problem}; shown as sent", style="yellow")


def _day(product: Future, known: HoursOfDay, moment: datetime, clock: Clock) -> Result:
    from ibkr_sync_cli.views.hours.hours_of_day import hours_of_day_result
    from ibkr_sync_cli.views.hours.product_hours import ProductDay

    return hours_of_day_result(ProductDay(future=product, hours=known, now=moment, clock=clock))


def _window(
    product: Future, found: ContractHours, moment: datetime, days: int, clock: Clock
) -> Result:
    from ibkr_sync_cli.views.hours.coming_hours import hours_result
    from ibkr_sync_cli.views.hours.product_hours import ProductHours

    return hours_result(
        ProductHours(future=product, hours=found, now=moment, days=days, clock=clock)
    )
