"""`show`: one product as it is stored, or one contract of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ibkr_sync.domain.series_choice import SeriesChoice
from ibkr_sync_cli import options
from ibkr_sync_cli.invocation import invocation_of, now

if TYPE_CHECKING:
    from datetime import datetime

    from ibkr_sync.application.services.futures import FuturesService
    from ibkr_sync.domain.contract_choice import ContractWords
    from ibkr_sync.domain.entities.futures import Future
    from ibkr_sync.domain.sync import FutureQuery
    from ibkr_sync_cli.output import Output, Result


def show(
    context: typer.Context,
    symbol: options.Symbol,
    exchange: options.Exchange = None,
    currency: options.Currency = None,
    trading_class: options.TradingClass = None,
    series: options.Series = SeriesChoice.USUAL,
    expired: Annotated[
        bool, typer.Option("--expired", help="Expired and delisted contracts too.")
    ] = False,
    wide: Annotated[bool, typer.Option("--wide", help="All columns.")] = False,
    format: options.Format = None,  # noqa: A002 - the option's name
    json: options.Json = False,
) -> None:
    """Show a product and its chain, or one contract in full, from the database alone."""
    from ibkr_sync.bootstrap import bootstrap
    from ibkr_sync.domain.entities.futures import Future
    from ibkr_sync_cli.symbols import SymbolOptions, resolve
    from ibkr_sync_cli.views.product import product_result

    invocation = invocation_of(context)
    invocation.flag(source="local")
    wanted = invocation.wanted_format(format, json=json)
    output, moment = invocation.output, now()
    limits = SymbolOptions(exchange=exchange, currency=currency, trading_class=trading_class)
    with bootstrap(invocation.profile, Future) as services:
        meant = resolve(output, services.futures, symbol, limits)
        if meant.contract is None:
            product = services.futures.show(meant.query)
            result = product_result(product, moment, wide=wide, expired=expired, series=series)
        else:
            result = _contract(output, services.futures, meant.query, meant.contract, moment)
    output.write(result, wanted)


def _contract(
    output: Output,
    service: FuturesService[Future],
    query: FutureQuery,
    words: ContractWords,
    moment: datetime,
) -> Result:
    from ibkr_sync_cli.notices import tell_other_year
    from ibkr_sync_cli.views.contract import contract_result

    product, match = service.show_contract(query, words, moment)
    tell_other_year(output, words, match)
    venues = match.contract.venues
    ids = {each.market_rule_id for each in venues if each.market_rule_id is not None}
    return contract_result(product, match.contract, service.market_rules(ids), moment)
