"""`show`: one product as it is stored, or one contract of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ibkr_sync.domain.selection.series_choice import SeriesChoice
from ibkr_sync_cli.arguments import options
from ibkr_sync_cli.invocation import call_of, now

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ibkr_sync.bootstrap import Services
    from ibkr_sync.domain.entities.futures import Future
    from ibkr_sync.domain.entities.market_rules import MarketRule
    from ibkr_sync.domain.naming.query import FutureQuery
    from ibkr_sync.domain.selection.contract_choice import ContractWords
    from ibkr_sync_cli.terminal.output import Output, Result
    from ibkr_sync_cli.units.moments import PastMoment


def show(
    context: typer.Context,
    symbol: options.Symbol,
    exchange: options.Exchange = None,
    currency: options.Currency = None,
    trading_class: options.TradingClass = None,
    multiplier: options.Multiplier = None,
    series: options.Series = SeriesChoice.USUAL,
    expired: Annotated[
        bool, typer.Option("--expired", help="Expired and delisted contracts too.")
    ] = False,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of",
            help="As it was known at the end of a day in UTC, 7d ago or at an instant.",
            metavar="DATE",
        ),
    ] = None,
) -> None:
    """Show a product and its chain, or one contract in full, from the database alone."""
    from ibkr_sync_cli.arguments.symbols import resolve_symbol
    from ibkr_sync_cli.units.moments import parse_last_moment
    from ibkr_sync_cli.views.past import past_view
    from ibkr_sync_cli.views.products.product import product_view

    call, moment = call_of(context), now()
    limits = options.limits_of_options(exchange, currency, trading_class, multiplier)
    past = parse_last_moment(as_of, moment) if as_of is not None else None
    moment = past.at if past else moment
    with call.services() as services:
        meant = resolve_symbol(call.output, services.futures, symbol, limits)
        product = _product(call.output, services, meant.query, past)
        ladders = _ladders(services, product, past)
        sizes = services.futures.size_notice(meant.query, product.key)
        looks = {"expired": expired, "is_narrowed": bool(sizes and sizes.left_out)}
        chain = product_view(product, moment, ladders, series=series, **looks)
        result = _contract(call.output, product, meant.contract, ladders, moment) or chain
    call.output.write(result if past is None else past_view(result, past.told), call.wanted)


def _product(
    output: Output, services: Services[Future], query: FutureQuery, past: PastMoment | None
) -> Future:
    """The product that is meant, as it is or was, with its delivery dates."""
    from ibkr_sync_cli.arguments.symbols import stored_product

    product = stored_product(output, services.futures, query)
    if past is not None:
        product = services.history.as_of(product.key, past.day or past.at, query.multiplier)
        return services.deliveries.dated_as_of(product, past.at)
    return services.deliveries.dated(product)


def _ladders(
    services: Services[Future], product: Future, past: PastMoment | None
) -> dict[int, MarketRule]:
    """The tick ladders of its contracts that are stored, or were, by id."""
    ids = {rule_id for each in product.contracts for rule_id in each.exchanges_by_rule}
    if past is None:
        found = services.futures.market_rules(ids)
    else:
        found = services.history.market_rules(ids, past.at)
    return {each.market_rule_id: each for each in found}


def _contract(
    output: Output,
    product: Future,
    words: ContractWords | None,
    ladders: Mapping[int, MarketRule],
    moment: datetime,
) -> Result | None:
    """The contract of the product that was named, if one was."""
    from ibkr_sync.domain.selection.contract_choice import find_contract
    from ibkr_sync_cli.terminal.notices import write_other_year_notice
    from ibkr_sync_cli.views.products.contract import contract_view

    if words is None:
        return None
    match = find_contract(product, words, moment)
    write_other_year_notice(output, words, match)
    return contract_view(product, match.contract, ladders, moment)
