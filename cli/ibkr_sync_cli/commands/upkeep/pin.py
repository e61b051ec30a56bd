"""`pin` and `unpin`: what a symbol that several products share is to mean."""

from __future__ import annotations

from typing import Annotated

import typer

from ibkr_sync_cli.arguments import options
from ibkr_sync_cli.invocation import invocation_of

_PINNED = Annotated[str, typer.Argument(help="A symbol that is pinned.", metavar="SYMBOL")]


def pin(
    context: typer.Context,
    symbol: Annotated[
        str | None,
        typer.Argument(help="A symbol that several products share, as DAX.", metavar="SYMBOL"),
    ] = None,
    trading_class: options.TradingClass = None,
    exchange: options.Exchange = None,
    currency: options.Currency = None,
    list_all: Annotated[bool, typer.Option("--list", help="List all pins.")] = False,
    format: options.Format = None,  # noqa: A002 - the option's name
    json: options.Json = False,
) -> None:
    """Keep which product a symbol means, for this database; without SYMBOL list what is kept."""
    from ibkr_sync.bootstrap import bootstrap
    from ibkr_sync.domain.entities.futures import Future
    from ibkr_sync_cli.views.products.pins import pins_result

    invocation = invocation_of(context)
    invocation.flag(source="local")
    wanted = invocation.wanted_format(format, json=json)
    with bootstrap(invocation.profile, Future) as services:
        if symbol is None or list_all:
            pins = services.futures.names.pins()
        else:
            pins = (
                services.futures.names.pin(
                    symbol, exchange=exchange, currency=currency, trading_class=trading_class
                ),
            )
    invocation.output.write(pins_result(pins), wanted)


def unpin(context: typer.Context, symbol: _PINNED) -> None:
    """Forget which product a symbol means."""
    from ibkr_sync.bootstrap import bootstrap
    from ibkr_sync.domain.entities.futures import Future

    invocation = invocation_of(context)
    invocation.flag(source="local")
    with bootstrap(invocation.profile, Future) as services:
        was_pinned = services.futures.names.unpin(symbol)
    told = "is no longer pinned" if was_pinned else "was not pinned"
    invocation.output.remark(f"{symbol} {told}")
