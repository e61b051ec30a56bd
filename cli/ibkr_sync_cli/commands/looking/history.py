"""`history`: every recorded change of a product or contract."""

from __future__ import annotations

from typing import Annotated

import typer

from ibkr_sync_cli.arguments import options
from ibkr_sync_cli.invocation import invocation_of, now


def _known_field(name: str) -> str:
    from ibkr_sync.domain.history.events import RECORDED_FIELDS

    field = name.strip().lower().replace("-", "_")
    if field not in RECORDED_FIELDS:
        known = ", ".join(sorted(RECORDED_FIELDS))
        raise typer.BadParameter(f"{name!r} has no history; these have: {known}")
    return field


def history(
    context: typer.Context,
    symbol: options.Symbol,
    exchange: options.Exchange = None,
    currency: options.Currency = None,
    trading_class: options.TradingClass = None,
    field: Annotated[
        str | None,
        typer.Option(
            "--field",
            help="Only changes of this field, as last_trade_date.",
            metavar="F",
            parser=_known_field,
        ),
    ] = None,
    format: options.Format = None,  # noqa: A002 - the option's name
    json: options.Json = False,
) -> None:
    """Show every recorded change of a contract, or of a product with its contracts, newest last."""
    from ibkr_sync.bootstrap import bootstrap
    from ibkr_sync.domain.entities.futures import Future, Origin
    from ibkr_sync_cli.arguments.symbols import SymbolOptions, find_meant
    from ibkr_sync_cli.terminal.notices import tell_sample_data
    from ibkr_sync_cli.views.events import history_result

    invocation = invocation_of(context)
    invocation.flag(source="local")
    wanted = invocation.wanted_format(format, json=json)
    limits = SymbolOptions(exchange=exchange, currency=currency, trading_class=trading_class)
    output, moment = invocation.output, now()
    with bootstrap(invocation.profile, Future) as services:
        product, contract = find_meant(output, services.futures, symbol, limits, moment)
        if contract is None:
            chronicle = services.history.of_product(product.key, moment)
        else:
            chronicle = services.history.of_contract(product.key, contract, moment)
    shown = [each for each in chronicle.events if field in (None, each.field)]
    output.write(history_result(chronicle, shown, product.origin), wanted)
    if product.origin is Origin.SAMPLE:
        tell_sample_data(output, output.format_for(wanted))
    if not shown:
        told = "nothing is recorded" if field is None else f"{field} has not changed"
        since = f"{chronicle.first_seen_at:%Y-%m-%d %H:%M} UTC"
        output.remark(f"note: {told} since {since}", style="yellow")
