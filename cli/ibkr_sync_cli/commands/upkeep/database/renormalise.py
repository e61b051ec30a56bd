"""`db renormalise`: the present, read again from the replies it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ibkr_sync_cli.arguments import options
from ibkr_sync_cli.invocation import call_of, now

if TYPE_CHECKING:
    from ibkr_sync_cli.views.runs.renormalised import Outcome


def renormalise(
    context: typer.Context,
    symbols: Annotated[
        list[str] | None,
        typer.Argument(help="Products, as ES or CL@NYMEX; all if none.", metavar="SYMBOL"),
    ] = None,
    exchange: options.Exchange = None,
    currency: options.Currency = None,
    trading_class: options.TradingClass = None,
    multiplier: options.Multiplier = None,
    dry_run: options.DryRun = False,
) -> None:
    """Read the raw replies that are kept again, and rewrite what today is read otherwise."""
    from ibkr_sync_cli.arguments.stored_products import named_keys
    from ibkr_sync_cli.reports.progress import activity
    from ibkr_sync_cli.reports.upkeep.renormalised import report_renormalised

    call = call_of(context)
    limits = options.limits_of_options(exchange, currency, trading_class, multiplier)
    options.refuse_symbol_options(symbols, limits, "need a SYMBOL")
    with call.services() as services:
        if symbols:
            keys, missing = named_keys(call, services, symbols, limits)
            outcomes: list[Outcome] = [*missing]
        else:
            keys, outcomes = services.renormalising.products(), []
        with activity(call.output, "Reading") as show:
            for outcome in services.renormalising.renormalise(
                keys, now(), dry_run=dry_run, on_run=call.run.note
            ):
                outcomes.append(outcome)
                show(f"Read {len(outcomes)}/{len(keys)}", len(outcomes), len(keys))
    raise typer.Exit(report_renormalised(call, outcomes, dry_run=dry_run))
