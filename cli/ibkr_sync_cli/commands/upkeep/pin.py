"""`pin` and `unpin`: what a symbol that several products share is to mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ibkr_sync.domain.errors import ProductNotFoundError
from ibkr_sync_cli.arguments import options
from ibkr_sync_cli.invocation import call_of

if TYPE_CHECKING:
    from ibkr_sync.application.services.futures import FuturesService
    from ibkr_sync.domain.entities.futures import Future
    from ibkr_sync.domain.naming.limits import Limits
    from ibkr_sync.domain.ports.pins import Pin
    from ibkr_sync_cli.terminal.output import Output

_PINNED = Annotated[str, typer.Argument(help="A symbol that is pinned.", metavar="SYMBOL")]


def pin(
    context: typer.Context,
    symbol: Annotated[
        str | None,
        typer.Argument(help="A symbol that several products share, as DAX.", metavar="SYMBOL"),
    ] = None,
    trading_class: options.TradingClass = None,
    multiplier: options.Multiplier = None,
    exchange: options.Exchange = None,
    currency: options.Currency = None,
    list_all: Annotated[bool, typer.Option("--list", help="List all pins.")] = False,
) -> None:
    """Keep which product a symbol means, for this database; without SYMBOL list what is kept."""
    from ibkr_sync_cli.terminal.notices import write_nothing_notice
    from ibkr_sync_cli.views.products.pins import pins_view

    call = call_of(context)
    limits = options.limits_of_options(exchange, currency, trading_class, multiplier)
    with call.services() as services:
        if symbol is not None and not list_all:
            pins: tuple[Pin, ...] = (_pinned(call.output, services.futures, symbol, limits),)
        else:
            pins = services.futures.names.pins()
    call.output.write(pins_view(pins), call.wanted)
    if not pins:
        write_nothing_notice(call.output, "is pinned")


def _pinned(output: Output, service: FuturesService[Future], symbol: str, limits: Limits) -> Pin:
    """Keep the pin; who names a contract learns how to name its product."""
    from ibkr_sync_cli.arguments.symbols import refuse_contract, resolve_symbol

    try:
        return service.names.pin(symbol, limits)
    except ProductNotFoundError:
        found = resolve_symbol(output, service, symbol, limits)
        if found.contract is not None and found.product is not None:
            refuse_contract(output, symbol, limits, found, ("pin",))
        raise


def unpin(context: typer.Context, symbol: _PINNED) -> None:
    """Forget which product a symbol means."""
    call = call_of(context)
    with call.services() as services:
        services.futures.names.unpin(symbol)
    call.output.remark(f"{symbol} is no longer pinned")
