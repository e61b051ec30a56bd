"""`watchlist`: the products that are to be kept up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ibkr_sync_cli.arguments import options
from ibkr_sync_cli.invocation import invocation_of, now

if TYPE_CHECKING:
    from ibkr_sync.application.services.watchlist import Meant, WatchlistService
    from ibkr_sync_cli.arguments.symbols import SymbolOptions
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


@app.command()
def add(
    context: typer.Context,
    symbols: _SYMBOLS,
    group: _INTO = None,
    exchange: options.Exchange = None,
    currency: options.Currency = None,
    trading_class: options.TradingClass = None,
    format: options.Format = None,  # noqa: A002 - the option's name
    json: options.Json = False,
) -> None:
    """Put products on the watchlist, all that are named or none."""
    from ibkr_sync.bootstrap import bootstrap
    from ibkr_sync.domain.entities.futures import Future
    from ibkr_sync_cli.arguments.symbols import SymbolOptions
    from ibkr_sync_cli.views.watchlist import changes_result

    invocation = invocation_of(context)
    invocation.flag(source="local")
    wanted = invocation.wanted_format(format, json=json)
    limits = SymbolOptions(exchange=exchange, currency=currency, trading_class=trading_class)
    with bootstrap(invocation.profile, Future) as services:
        meant = _meant(invocation.output, services.watchlist, symbols, limits, group)
        products = list(dict.fromkeys(each.product for each in meant))
        new = services.watchlist.add(products)
    invocation.output.write(changes_result(products, new, "added"), wanted)
    _tell_unknown(invocation.output, meant)


@app.command()
def remove(
    context: typer.Context,
    symbols: _SYMBOLS,
    group: _OUT_OF = None,
    exchange: options.Exchange = None,
    currency: options.Currency = None,
    trading_class: options.TradingClass = None,
    format: options.Format = None,  # noqa: A002 - the option's name
    json: options.Json = False,
) -> None:
    """Take products off the watchlist, out of every group or one; what is stored stays."""
    from ibkr_sync.bootstrap import bootstrap
    from ibkr_sync.domain.entities.futures import Future
    from ibkr_sync_cli.views.watchlist import changes_result

    invocation = invocation_of(context)
    invocation.flag(source="local")
    wanted = invocation.wanted_format(format, json=json)
    with bootstrap(invocation.profile, Future) as services:
        gone = services.watchlist.remove(
            symbols, exchange=exchange, currency=currency, trading_class=trading_class, group=group
        )
    invocation.output.write(changes_result(gone, gone, "removed"), wanted)


@app.command("list")
def list_watched(
    context: typer.Context,
    groups: options.Groups = None,
    format: options.Format = None,  # noqa: A002 - the option's name
    json: options.Json = False,
) -> None:
    """List the watchlist, and how fresh the data of each product is."""
    from ibkr_sync.bootstrap import bootstrap
    from ibkr_sync.domain.entities.futures import Future
    from ibkr_sync_cli.terminal.notices import tell_sample_data
    from ibkr_sync_cli.views.watchlist import tells_of_sample_data, watchlist_result

    invocation = invocation_of(context)
    invocation.flag(source="local")
    wanted = invocation.wanted_format(format, json=json)
    with bootstrap(invocation.profile, Future) as services:
        states = services.watchlist.states(groups or ())
    output = invocation.output
    output.write(watchlist_result(states, now()), wanted)
    if tells_of_sample_data(states):
        tell_sample_data(output, output.format_for(wanted))
    if not states:
        command = output.command("watchlist", "add", "ES")
        output.remark(
            f"The watchlist is empty: all that is stored is kept up to date.\nnext:  {command}"
        )


@app.command("import")
def import_list(
    context: typer.Context,
    file: Annotated[
        str, typer.Argument(help="A text or CSV file; - reads from stdin.", metavar="FILE")
    ],
    group: _INTO = None,
    format: options.Format = None,  # noqa: A002 - the option's name
    json: options.Json = False,
) -> None:
    """Put the products of a file on the watchlist, all or none.

    A line is a product, as ES or CL@NYMEX, and after a comma maybe its group; or the file is a
    CSV with a header of symbol, exchange, trading_class, currency, group. # starts a comment.
    """
    from ibkr_sync.bootstrap import bootstrap
    from ibkr_sync.domain.entities.futures import Future
    from ibkr_sync_cli.arguments.watchlist_import import meant_by_lines, read_list
    from ibkr_sync_cli.views.watchlist import changes_result

    invocation = invocation_of(context)
    invocation.flag(source="local")
    wanted = invocation.wanted_format(format, json=json)
    text = read_list(file)
    with bootstrap(invocation.profile, Future) as services:
        meant = meant_by_lines(file, text, services.watchlist, group)
        products = list(dict.fromkeys(each.product for each in meant))
        new = services.watchlist.add(products)
    invocation.output.write(changes_result(products, new, "added"), wanted)
    _tell_unknown(invocation.output, meant)


def _meant(
    output: Output,
    service: WatchlistService,
    symbols: list[str],
    limits: SymbolOptions,
    group: str | None,
) -> list[Meant]:
    """Find out what all symbols mean; what names no single product ends the call."""
    from ibkr_sync.domain.errors import ProductLookupError
    from ibkr_sync_cli.messages.exit_codes import ExitCode
    from ibkr_sync_cli.reports.errors import report_error
    from ibkr_sync_cli.terminal.notices import tell_notices

    meant: list[Meant] = []
    failed = False
    for symbol in symbols:
        try:
            found = service.meant(
                symbol,
                exchange=limits.exchange,
                currency=limits.currency,
                trading_class=limits.trading_class,
                group=group,
            )
        except ProductLookupError as error:
            report_error(output, error)
            failed = True
            continue
        meant.append(found)
        tell_notices(output, found.found.notices)
        if found.found.contract is not None:
            output.remark(
                f"note: {found.found.contract.text} is a contract; {found.product} is watched",
                style="yellow",
            )
    if failed:
        if len(symbols) > 1:
            output.remark("Nothing was added.")
        raise typer.Exit(ExitCode.NOT_FOUND)
    return meant


def _tell_unknown(output: Output, meant: list[Meant]) -> None:
    for product in dict.fromkeys(each.product for each in meant if not each.is_known):
        output.remark(
            f"note: {product} is in neither catalogue nor database; it will be asked for as typed",
            style="yellow",
        )
