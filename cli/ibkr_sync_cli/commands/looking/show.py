"""`show`: products as they are stored, or single contracts of them."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from ibkr_sync.domain.selection.series_choice import SeriesChoice
from ibkr_sync_cli.arguments import options
from ibkr_sync_cli.invocation import call_of, now
from ibkr_sync_cli.terminal.columns import known_field
from ibkr_sync_cli.units.quantities import parse_limit


def _parse_sort(text: str) -> str:
    from ibkr_sync.domain.selection.chain_selection import SORT_FIELDS

    typed = text.strip()
    name = known_field(typed.removeprefix("-"), SORT_FIELDS, "'--sort'")
    return f"-{name}" if typed.startswith("-") else name


def show(
    context: typer.Context,
    symbols: options.Symbols,
    exchange: options.Exchange = None,
    currency: options.Currency = None,
    trading_class: options.TradingClass = None,
    multiplier: options.Multiplier = None,
    series: options.Series = SeriesChoice.USUAL,
    expired: Annotated[
        bool, typer.Option("--expired", help="Expired and delisted contracts too.")
    ] = False,
    limit: Annotated[
        int | None,
        typer.Option(
            *("-n", "--limit"),
            help="How many contracts; 12 on a terminal and all elsewhere, if not given.",
            metavar="N|all",
            parser=parse_limit,
        ),
    ] = None,
    sort: Annotated[
        str | None,
        typer.Option(
            "--sort",
            help="The field to put contracts in order by; -FIELD has the greatest first.",
            metavar="FIELD",
            parser=_parse_sort,
        ),
    ] = None,
    as_of: options.AsOf = None,
) -> None:
    """Show products with their chains, or single contracts in full, from the database alone.

    JSON is a document for each product; those of several stand in a list.
    """
    from ibkr_sync.domain.selection.chain_selection import ChainSelection
    from ibkr_sync_cli.reports.looking.products import ProductQuestion, stored_view
    from ibkr_sync_cli.reports.looking.several import report_several
    from ibkr_sync_cli.units.moments import parse_last_moment

    call, moment = call_of(context), now()
    question = ProductQuestion(
        limits=options.limits_of_options(exchange, currency, trading_class, multiplier),
        selection=ChainSelection(series=series, expired=expired, limit=limit, sort=sort),
        past=parse_last_moment(as_of, moment),
    )
    with call.reading() as services:
        ask = partial(stored_view, call.output, services, question, moment)
        raise typer.Exit(report_several(call, symbols, ask))
