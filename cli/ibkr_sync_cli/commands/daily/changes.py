"""`changes`: what happened to products and contracts lately."""

from __future__ import annotations

import dataclasses
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
        str | None,
        typer.Option(
            "--since",
            help="From when on: 7d ago, a date or an instant.",
            metavar="7d",
            show_default="7d before --until",
        ),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(
            "--until", help="Until when, as --since; a date to its end in UTC.", metavar="1d"
        ),
    ] = None,
    run_id: Annotated[
        int | None, typer.Option("--run", help="Only what this run saw.", metavar="ID")
    ] = None,
    severity: Annotated[
        Severity,
        typer.Option("--severity", help="Only what is at least this severe."),
    ] = Severity.INFO,
    exit_code: Annotated[
        Severity | None,
        typer.Option("--exit-code", help="End with 6 where anything matters so much."),
    ] = None,
) -> None:
    """Show what changed, as typed events, from the database alone.

    Critical is what breaks a trading system: an expiry that moved, another multiplier, price
    magnifier, tick, currency, symbol, exchange or time zone, a delisted contract.
    """
    from ibkr_sync_cli.arguments.changes import changes_question
    from ibkr_sync_cli.arguments.symbols import find_symbol
    from ibkr_sync_cli.reports.events import report_changed_events

    call, moment = call_of(context), now()
    limits = options.limits_of_options(exchange, currency, trading_class, multiplier)
    asked = changes_question(since, until, run_id, severity, exit_code, now=moment)
    with call.reading() as services:
        if symbol is not None:
            found, contract = find_symbol(call.output, services.futures, symbol, limits, moment)
            asked = dataclasses.replace(asked, product=found.key, contract=contract)
        raise typer.Exit(report_changed_events(call, services, asked, moment))
