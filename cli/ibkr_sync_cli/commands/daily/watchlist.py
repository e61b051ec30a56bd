"""`watchlist`: the products that are to be kept up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ibkr_sync_cli.arguments import options
from ibkr_sync_cli.invocation import call_of, now

if TYPE_CHECKING:
    from ibkr_sync.application.services.watching.watchlist import WatchlistMatch, WatchlistService
    from ibkr_sync.domain.naming.limits import Limits
    from ibkr_sync_cli.terminal.output import Output

app = typer.Typer(help="The products that are to be kept up to date.", no_args_is_help=True)

_SYMBOLS = Annotated[
    list[str],
    typer.Argument(
        help="Products, as ES 6E CL@NYMEX; a contract means its product.", metavar="SYMBOL"
    ),
]
_INTO = Annotated[
    str | None, typer.Option("--group", help="Put them into this group.", metavar="G")
]
_OUT_OF = Annotated[
    str | None, typer.Option("--group", help="Out of this group only.", metavar="G")
]


@app.command("add")
def add_to_watchlist(
    context: typer.Context,
    symbols: _SYMBOLS,
    group: _INTO = None,
    exchange: options.Exchange = None,
    currency: options.Currency = None,
    trading_class: options.TradingClass = None,
    multiplier: options.Multiplier = None,
) -> None:
    """Put products on the watchlist, all that are named or none."""
    from ibkr_sync_cli.reports.watchlist import report_watchlist_addition

    call = call_of(context)
    limits = options.limits_of_options(exchange, currency, trading_class, multiplier)
    with call.services() as services:
        found = _find_all(call.output, services.watchlist, symbols, limits, group)
        added = services.watchlist.add_found(found)
    report_watchlist_addition(call, added)


@app.command("remove")
def remove_from_watchlist(
    context: typer.Context,
    symbols: _SYMBOLS,
    group: _OUT_OF = None,
    exchange: options.Exchange = None,
    currency: options.Currency = None,
    trading_class: options.TradingClass = None,
    multiplier: options.Multiplier = None,
) -> None:
    """Take products off the watchlist, out of every group or one; what is stored stays."""
    from ibkr_sync_cli.views.watchlist import watchlist_changes_view

    call = call_of(context)
    limits = options.limits_of_options(exchange, currency, trading_class, multiplier)
    with call.services() as services:
        gone = services.watchlist.remove(symbols, limits, group=group)
    call.output.write(watchlist_changes_view(gone, gone, "removed"), call.wanted)


@app.command("list")
def list_watchlist(
    context: typer.Context,
    groups: options.Groups = None,
) -> None:
    """List the watchlist, and how fresh the data of each product is."""
    from ibkr_sync_cli.reports.watchlist import report_watchlist

    call = call_of(context)
    with call.services() as services:
        states = services.watchlist.states(groups or ())
    report_watchlist(call, states, now())


@app.command("import")
def import_watchlist(
    context: typer.Context,
    file: Annotated[
        str, typer.Argument(help="A text or CSV file; - reads from stdin.", metavar="FILE")
    ],
    group: _INTO = None,
) -> None:
    """Put the products of a file on the watchlist, all or none.

    A line is a product, as ES or CL@NYMEX, and after a comma maybe its group; or the file is a
    CSV with a header of symbol, exchange, trading_class, currency, multiplier, group. # starts a
    comment. Lists of TradingView, TWS and pysystemtrade are read too.
    """
    from ibkr_sync_cli.arguments.watchlist_import import find_imported, read_import
    from ibkr_sync_cli.reports.progress import activity
    from ibkr_sync_cli.reports.watchlist import report_watchlist_addition

    call = call_of(context)
    text = read_import(file)
    with call.services() as services:
        with activity(call.output, "Looking up names") as show, services.snapshot():
            found = find_imported(file, text, services.watchlist, group, show)
        added = services.watchlist.add_found(found)
    report_watchlist_addition(call, added)


def _find_all(
    output: Output,
    service: WatchlistService,
    symbols: list[str],
    limits: Limits,
    group: str | None,
) -> list[WatchlistMatch]:
    """Find out what all symbols mean; what names no single product ends the call."""
    from ibkr_sync_cli.messages.exit_codes import ExitCode
    from ibkr_sync_cli.reports.errors import report_error
    from ibkr_sync_cli.reports.watchlist import remark_watchlist_symbol

    matches, errors = service.find_all(symbols, limits, group)
    for match in matches:
        remark_watchlist_symbol(output, match)
    for error in errors:
        report_error(output, error)
    if errors:
        if len(symbols) > 1:
            output.remark("Nothing was added.")
        raise typer.Exit(ExitCode.NOT_FOUND)
    return matches
