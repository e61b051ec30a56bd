"""`export`: stored products, in files that other systems read."""

from __future__ import annotations

from typing import Annotated

import typer

from ibkr_sync.interchange.exports.formats import FormatName
from ibkr_sync_cli.arguments import options
from ibkr_sync_cli.invocation import call_of, now


def export(
    context: typer.Context,
    to: Annotated[FormatName, typer.Option("--to", help="The format.")],
    symbols: Annotated[
        list[str] | None,
        typer.Argument(help="Products or contracts, as ES or ESZ6; all if none.", metavar="SYMBOL"),
    ] = None,
    exchange: options.Exchange = None,
    currency: options.Currency = None,
    trading_class: options.TradingClass = None,
    multiplier: options.Multiplier = None,
    as_of: options.AsOf = None,
    path: Annotated[
        str | None,
        typer.Option(
            *("--output", "-o"),
            help="The file to write, or the folder; stdout for text if not given.",
            metavar="PATH",
        ),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Correct a file of yours; without it only report.")
    ] = False,
    allow_collisions: Annotated[
        bool,
        typer.Option(
            "--allow-collisions",
            help="Exit 0 where two have one name in the format and only one is written.",
        ),
    ] = False,
) -> None:
    """Write stored products for another system, from the database alone.

    A file is whole or not there at all; a folder says whether it is. What is not known is left
    empty, and a note says so; what a format can't say is left out, with exit 4. For pysystemtrade
    it reviews your ib_config_futures.csv: exit 6 where something is wrong, and --yes corrects what
    is known.
    """
    from ibkr_sync.application.services.export import ExportMoment
    from ibkr_sync_cli.arguments.export import ExportRequest, path_of_export
    from ibkr_sync_cli.reports.upkeep.export import report_export
    from ibkr_sync_cli.units.moments import parse_last_moment

    call, present = call_of(context), now()
    limits = options.limits_of_options(exchange, currency, trading_class, multiplier)
    options.refuse_symbol_options(symbols, limits, "need a SYMBOL")
    request = ExportRequest(
        format=to,
        symbols=tuple(symbols or ()),
        limits=limits,
        moment=ExportMoment.of(parse_last_moment(as_of, present), present),
        path=path_of_export(call, to, path, corrects=yes),
        corrects=yes,
        allows_collisions=allow_collisions,
    )
    with call.reading() as services:
        raise typer.Exit(report_export(call, services, request))
