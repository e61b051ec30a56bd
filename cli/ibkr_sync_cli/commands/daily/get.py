"""`get`: bring products up to date."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Annotated

import typer

from ibkr_sync_cli.arguments import options
from ibkr_sync_cli.invocation import call_of, now
from ibkr_sync_cli.units.durations import parse_duration


def get(
    context: typer.Context,
    symbols: Annotated[
        list[str],
        typer.Argument(
            help="Products, as ES 6E CL@NYMEX; contracts, as ESZ6; conIds.", metavar="SYMBOL"
        ),
    ],
    source: options.Source = None,
    exchange: options.Exchange = None,
    currency: options.Currency = None,
    trading_class: options.TradingClass = None,
    multiplier: options.Multiplier = None,
    expired: Annotated[bool, typer.Option("--expired", help="Ask for expired contracts too.")] = (
        False
    ),
    max_age: Annotated[
        timedelta | None,
        typer.Option(
            "--max-age",
            help="Answer from the database what is no older.",
            metavar="20h",
            parser=parse_duration,
        ),
    ] = None,
    dry_run: options.DryRun = False,
    allow_shrink: options.AllowShrink = False,
    host: options.Host = None,
    port: options.Port = None,
    client_id: options.ClientId = None,
) -> None:
    """Bring products up to date from a source, store them, and show what changed."""
    from ibkr_sync.domain.runs.sync_policy import SyncPolicy
    from ibkr_sync_cli.reports.get import report_get
    from ibkr_sync_cli.reports.progress import sync_with_progress

    gateway = {"host": host, "port": port, "client_id": client_id}
    call = call_of(context, source=source, **gateway)
    options.refuse_gateway_options(call.profile.source, gateway)
    limits = options.limits_of_options(exchange, currency, trading_class, multiplier)
    policy = SyncPolicy(
        include_expired=expired, max_age=max_age, allow_shrink=allow_shrink, dry_run=dry_run
    )
    with call.services() as services:
        find = services.in_snapshot(services.get.begin)
        report = services.in_snapshot(
            lambda getting: report_get(call, getting.report(), services.audit, now())
        )
        begin = partial(find, symbols, limits, policy, call.run.note)
        code = sync_with_progress(call.output, "Asked for", begin, report)
    raise typer.Exit(code)
