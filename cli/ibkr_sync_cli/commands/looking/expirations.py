"""`expirations`: a calendar of what ends, and of what gives notice."""

from __future__ import annotations

from typing import Annotated

import typer

from ibkr_sync.domain.delivery.days_before import DaysBefore
from ibkr_sync_cli.arguments import nearest_rule, options
from ibkr_sync_cli.invocation import call_of, now


def expirations(
    context: typer.Context,
    symbols: options.AnyProducts = None,
    within: Annotated[
        DaysBefore,
        typer.Option(
            "--within",
            help="How far ahead; 5bd are business days.",
            metavar="30d",
            parser=nearest_rule.parse_days_ahead,
        ),
    ] = "30d",  # type: ignore[assignment]  # typer parses defaults as what is typed
    watched: Annotated[
        bool, typer.Option("--watched", help="Only what is on the watchlist.")
    ] = False,
    groups: options.Groups = None,
    exchange: options.Exchange = None,
) -> None:
    """Show what ends and what gives notice, day by day, from the database alone.

    The days are last trades, first notices and IBKR's cut-offs, with who says so, of all
    that is stored. `list --expiring 30d` is the same.

    Confidence A: a rule that gives the dates the exchange published. B: stated by the exchange or
    IBKR. C: general knowledge, not certain.
    """
    from ibkr_sync_cli.reports.expirations import report_expirations

    call, moment = call_of(context), now()
    with call.reading() as services:
        code = report_expirations(
            *(call, services, moment),
            symbols=symbols or (),
            exchange=exchange,
            within=within,
            watched=watched or groups is not None,
            groups=groups or (),
        )
    raise typer.Exit(code)
