"""`next`: the nearest contract that may be held, and until when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ibkr_sync.domain.delivery.hold_limits import PositionSide
from ibkr_sync.domain.delivery.nearest_contract import NearestRule
from ibkr_sync.domain.errors import ProductLookupError
from ibkr_sync.domain.selection.series_choice import SeriesChoice
from ibkr_sync_cli.arguments import nearest_rule, options
from ibkr_sync_cli.invocation import call_of, now

if TYPE_CHECKING:
    from ibkr_sync.bootstrap import Services
    from ibkr_sync.domain.entities.futures import Future
    from ibkr_sync.domain.naming.query import FutureQuery
    from ibkr_sync_cli.reports.next_contract import NearestQuestion
    from ibkr_sync_cli.terminal.output import Output


def next_contract(
    context: typer.Context,
    symbols: Annotated[
        list[str], typer.Argument(help="Products, as ES 6E CL@NYMEX.", metavar="SYMBOL")
    ],
    exchange: options.Exchange = None,
    currency: options.Currency = None,
    trading_class: options.TradingClass = None,
    multiplier: options.Multiplier = None,
    side: nearest_rule.Side = PositionSide.LONG,
    by: nearest_rule.By = None,
    days_before: nearest_rule.Before = None,
    months: nearest_rule.Months = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of",
            help="On a day, past or to come; 7d ago or an instant.",
            metavar="DATE",
        ),
    ] = None,
    series: options.Series = SeriesChoice.USUAL,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say on stderr why the ones before are not it.")
    ] = False,
) -> None:
    """Name the nearest contract that may be held, from the database alone.

    It passes over what is past its last trade, first notice or IBKR's cut-off. A terminal gets a
    table, and a pipe one line for each product unless a format is asked for: local symbol, contract
    month, last trade date, conId, symbol, exchange, trading class, until when it may be held, by
    which date, who says so, with what confidence, the days and business days left, and of --by what
    the last trade stands in for, and why.

    Confidence A: a rule that gives the dates the exchange published. B: stated by the exchange or
    IBKR. C: general knowledge, not certain.
    """
    from ibkr_sync_cli.reports.next_contract import NearestQuestion, report_nearest
    from ibkr_sync_cli.units.moments import parse_moment

    rule = NearestRule(side=side, by=by, days_before=days_before, months=months, series=series)
    call, present = call_of(context), now()
    moment = present if as_of is None else parse_moment(as_of, present).at
    limits = options.limits_of_options(exchange, currency, trading_class, multiplier)
    question = NearestQuestion(
        rule=rule, moment=moment, limits=limits, is_past=moment < present, explain=explain
    )
    with call.reading() as services:
        typed = dict.fromkeys(symbol.strip() for symbol in symbols)
        queries = [_query(call.output, services, text, question) for text in typed]
        raise typer.Exit(report_nearest(call, services, queries, question))


def _query(
    output: Output, services: Services[Future], symbol: str, question: NearestQuestion
) -> FutureQuery | ProductLookupError:
    """The product that a symbol means, or why there is none; a contract ends the call."""
    from ibkr_sync_cli.arguments.symbols import query_of_product

    asked = ("next", *nearest_rule.typed_rule(question.rule))
    try:
        return query_of_product(
            *(output, services.futures, symbol, question.limits, asked), is_past=question.is_past
        )
    except ProductLookupError as error:
        return error
