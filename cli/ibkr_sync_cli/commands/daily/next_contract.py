"""`next`: the nearest contract that may still be traded."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from ibkr_sync.domain.errors import AmbiguousProductError
from ibkr_sync.domain.selection.series_choice import SeriesChoice
from ibkr_sync_cli.arguments import options
from ibkr_sync_cli.invocation import call_of, now

if TYPE_CHECKING:
    from ibkr_sync.application.resolution.symbol_resolution import SymbolResolution
    from ibkr_sync.domain.naming.limits import Limits
    from ibkr_sync.domain.selection.nearest_contract import NearestRule
    from ibkr_sync_cli.terminal.output import Output


def next_contract(
    context: typer.Context,
    symbol: Annotated[
        str, typer.Argument(help="A product, as ES, 6E or ES@CME.", metavar="SYMBOL")
    ],
    exchange: options.Exchange = None,
    currency: options.Currency = None,
    trading_class: options.TradingClass = None,
    days_before: Annotated[
        int | None,
        typer.Option(
            "--days-before",
            help="Pass over a contract from N calendar days before its last trade date on.",
            metavar="N",
            min=0,
            max=36_500,
        ),
    ] = None,
    series: options.Series = SeriesChoice.USUAL,
    explain: Annotated[
        bool, typer.Option("--explain", help="Tell on stderr why the ones before are not it.")
    ] = False,
    format: options.Format = None,  # noqa: A002 - the option's name
    json: options.Json = False,
) -> None:
    """Name the nearest contract that may still be traded, from the database alone.

    One line of local symbol, contract month, last trade date and conId, unless a format is
    asked for. IBKR tells no first notice days: where goods are delivered, give --days-before.
    """
    from ibkr_sync.domain.naming.limits import Limits
    from ibkr_sync.domain.selection.nearest_contract import NearestRule
    from ibkr_sync_cli.arguments.symbols import resolve_symbol
    from ibkr_sync_cli.reports.next_contract import report_contracts_passed_over, report_next

    call, moment = call_of(context, format, json=json), now()
    limits = Limits(exchange=exchange, currency=currency, trading_class=trading_class)
    rule = NearestRule(days_before=days_before, series=series)
    with call.services() as services:
        found = resolve_symbol(call.output, services.futures, symbol, limits)
        if found.contract is not None:
            with suppress(AmbiguousProductError):
                services.futures.show(found.query)  # raises for what is not stored at all
            _refuse(call.output, symbol, limits, found, rule)
        judged = services.futures.judge(found.query, rule, moment)
    report_contracts_passed_over(call.output, judged, rule, moment, explain=explain)
    report_next(call, judged, moment)


def _refuse(
    output: Output, symbol: str, limits: Limits, found: SymbolResolution, rule: NearestRule
) -> NoReturn:
    """End the call: who names a contract would be answered with another one."""
    from ibkr_sync_cli.messages.exit_codes import ExitCode
    from ibkr_sync_cli.messages.next_steps import step_to_name_product

    query, given = found.query, dataclasses.asdict(limits)
    by_rule = {
        "days_before": rule.days_before,
        "series": None if rule.series is SeriesChoice.USUAL else rule.series,
    }
    output.complain(
        f"{symbol.strip()} is a contract, and next takes a product.",
        step_to_name_product(
            found.product or (query.symbol, query.exchange, query.trading_class),
            _options(by_rule),
            (symbol.strip(), *_options(given)),
            output.command,
        ),
    )
    raise typer.Exit(ExitCode.USAGE)


def _options(values: Mapping[str, object]) -> tuple[str, ...]:
    """The options that were given, as they are typed."""
    given = [(name, str(value)) for name, value in values.items() if value is not None]
    return tuple(word for name, value in given for word in (f"--{name.replace('_', '-')}", value))
