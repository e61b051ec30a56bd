"""`refresh`: keep what is watched up to date."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from ibkr_sync_cli.arguments import options
from ibkr_sync_cli.invocation import Call, call_of
from ibkr_sync_cli.messages.usage_errors import UsageProblem
from ibkr_sync_cli.units.durations import parse_longest_duration

if TYPE_CHECKING:
    from ibkr_sync.application.services.refresh import RefreshSelection


def refresh(
    context: typer.Context,
    symbols: Annotated[
        list[str] | None,
        typer.Argument(
            help="Products, as ES 6E CL@NYMEX; the watchlist if none, else all that is stored.",
            metavar="SYMBOL",
            show_default=False,
        ),
    ] = None,
    group: Annotated[
        list[str] | None,
        typer.Option("--group", help="Only this group of the watchlist; may repeat.", metavar="G"),
    ] = None,
    source: options.Source = None,
    exchange: options.Exchange = None,
    currency: options.Currency = None,
    trading_class: options.TradingClass = None,
    multiplier: options.Multiplier = None,
    stale: options.Stale = None,
    deadline: Annotated[
        timedelta | None,
        typer.Option(
            "--deadline",
            help="Go on for so long with what fails, also without a gateway, and no longer.",
            metavar="30m",
            parser=parse_longest_duration,
        ),
    ] = None,
    dry_run: options.DryRun = False,
    allow_shrink: options.AllowShrink = False,
    host: options.Host = None,
    port: options.Port = None,
    client_id: options.ClientId = None,
) -> None:
    """Bring all that is watched up to date, and show what came of it."""
    from ibkr_sync.application.services.refresh import RefreshSelection
    from ibkr_sync.domain.runs.sync_policy import SyncPolicy
    from ibkr_sync_cli.reports.notifications import notified
    from ibkr_sync_cli.reports.refresh import run_refresh

    gateway = {"host": host, "port": port, "client_id": client_id}
    call = call_of(context, source=source, **gateway)
    limits = options.limits_of_options(exchange, currency, trading_class, multiplier)
    selection = RefreshSelection(symbols=symbols or (), limits=limits, groups=group or ())
    _refuse_unusable(call, {**gateway, "deadline": deadline}, selection)
    policy = SyncPolicy(
        max_age=stale, allow_shrink=allow_shrink, dry_run=dry_run, deadline=deadline
    )
    with notified(call, dry_run=dry_run) as note, call.services() as services:
        find = services.in_snapshot(services.refresh.begin)
        begin = partial(find, selection, policy, call.run.note)
        audit = services.in_snapshot(services.audit.disagreements)
        raise typer.Exit(run_refresh(call, begin, audit, note))


def _refuse_unusable(call: Call, asking: Mapping[str, object], selection: RefreshSelection) -> None:
    """Raise BadParameter for options that don't go together."""
    if call.profile.source == "local":
        raise UsageProblem(
            f"Nobody would be asked: profile {call.loaded.settings.profile} answers from the"
            " database.",
            next_step=call.output.command("refresh", "--source", "ibkr"),
        )
    options.refuse_gateway_options(call.profile.source, asking)
    if selection.symbols and selection.groups:
        raise typer.BadParameter("name products or groups, not both")
    options.refuse_symbol_options(selection.symbols, selection.limits, "are for SYMBOL")
