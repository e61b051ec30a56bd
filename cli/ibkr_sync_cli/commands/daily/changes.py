"""`changes`: what happened to products and contracts lately."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ibkr_sync.domain.history.severity import Severity
from ibkr_sync_cli.arguments import options
from ibkr_sync_cli.invocation import invocation_of, now

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ibkr_sync.application.services.futures import FuturesService
    from ibkr_sync.domain.entities.futures import Future
    from ibkr_sync.domain.history.events import Event


def changes(
    context: typer.Context,
    symbol: Annotated[
        str | None,
        typer.Argument(help="Only this product or contract.", metavar="SYMBOL"),
    ] = None,
    exchange: options.Exchange = None,
    currency: options.Currency = None,
    trading_class: options.TradingClass = None,
    since: Annotated[
        str,
        typer.Option("--since", help="From when on: 7d ago, a date or an instant.", metavar="7d"),
    ] = "7d",
    severity: Annotated[
        Severity,
        typer.Option("--severity", help="Only what matters at least this much."),
    ] = Severity.INFO,
    format: options.Format = None,  # noqa: A002 - the option's name
    json: options.Json = False,
) -> None:
    """Tell what changed, as typed events, from the database alone.

    Critical is what breaks a trading system: an expiry that moved, another multiplier, price
    magnifier, tick, currency, symbol, exchange or time zone, a delisted contract.
    """
    from ibkr_sync.bootstrap import bootstrap
    from ibkr_sync.domain.entities.futures import Future
    from ibkr_sync_cli.arguments.symbols import SymbolOptions, find_meant
    from ibkr_sync_cli.terminal.notices import tell_sample_data
    from ibkr_sync_cli.units.moments import parse_since
    from ibkr_sync_cli.views.events import changes_result

    invocation = invocation_of(context)
    invocation.flag(source="local")
    wanted = invocation.wanted_format(format, json=json)
    limits = SymbolOptions(exchange=exchange, currency=currency, trading_class=trading_class)
    output, moment = invocation.output, now()
    start = parse_since(since, moment)
    with bootstrap(invocation.profile, Future) as services:
        service = services.history
        if symbol is None:
            events = service.changes(start, moment)
        else:
            product, contract = find_meant(output, services.futures, symbol, limits, moment)
            events = service.changes(start, moment, product.key, contract)
        shown = [each for each in events if each.severity.rank >= severity.rank]
        is_sample = _are_of_sample(shown, services.futures)
    output.write(changes_result(shown, start, moment, is_sample=is_sample), wanted)
    if is_sample:
        tell_sample_data(output, output.format_for(wanted))
    if not shown:
        told = "nothing changed" if not events else f"nothing {severity} changed"
        output.remark(f"note: {told} since {start:%Y-%m-%d %H:%M} UTC", style="yellow")


def _are_of_sample(events: Sequence[Event], futures: FuturesService[Future]) -> bool:
    """Whether sample data is told of; one product tells, as no database holds both."""
    from ibkr_sync.domain.entities.futures import Origin
    from ibkr_sync.domain.naming.query import FutureQuery

    if not events:
        return False
    symbol, exchange, trading_class = events[0].product
    query = FutureQuery(symbol=symbol, exchange=exchange, trading_class=trading_class)
    return futures.show(query).origin is Origin.SAMPLE
