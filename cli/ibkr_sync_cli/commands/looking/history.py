"""`history`: every recorded change of a product or contract."""

from __future__ import annotations

from typing import Annotated

import typer

from ibkr_sync_cli.arguments import options
from ibkr_sync_cli.invocation import call_of, now
from ibkr_sync_cli.terminal.columns import known_field


def _parse_field(name: str) -> str:
    from ibkr_sync.domain.history.events import RECORDED_FIELDS

    return known_field(name, sorted(RECORDED_FIELDS), "'--field'")


def history(
    context: typer.Context,
    symbol: options.Symbol,
    exchange: options.Exchange = None,
    currency: options.Currency = None,
    trading_class: options.TradingClass = None,
    multiplier: options.Multiplier = None,
    field: Annotated[
        str | None,
        typer.Option(
            "--field",
            help="Only changes of this field, as last_trade_date.",
            metavar="F",
            parser=_parse_field,
        ),
    ] = None,
) -> None:
    """Show every recorded change of a contract, or of a product with its contracts, newest last."""
    from ibkr_sync_cli.arguments.symbols import find_symbol
    from ibkr_sync_cli.reports.events import report_past_events

    call, moment = call_of(context), now()
    limits = options.limits_of_options(exchange, currency, trading_class, multiplier)
    with call.reading() as services:
        product, contract = find_symbol(call.output, services.futures, symbol, limits, moment)
        if contract is None:
            chronicle = services.history.of_product(product.key, moment)
        else:
            chronicle = services.history.of_contract(product.key, contract, moment)
    report_past_events(call, chronicle, field, product.origin)
