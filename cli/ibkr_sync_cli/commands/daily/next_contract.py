"""`next`: the nearest contract that may still be traded."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from ibkr_sync.domain.selection.series_choice import SeriesChoice
from ibkr_sync_cli.arguments import options
from ibkr_sync_cli.invocation import invocation_of, now

if TYPE_CHECKING:
    from ibkr_sync.application.resolution.inquiry import Resolution
    from ibkr_sync.domain.selection.nearest_contract import TradingRule
    from ibkr_sync_cli.arguments.symbols import SymbolOptions
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
    from ibkr_sync.bootstrap import bootstrap
    from ibkr_sync.domain.entities.futures import Future, Origin
    from ibkr_sync.domain.errors import AmbiguousProductError
    from ibkr_sync.domain.selection.nearest_contract import Objection, TradingRule
    from ibkr_sync.domain.selection.series_choice import chosen_series
    from ibkr_sync_cli.arguments.symbols import SymbolOptions, resolve
    from ibkr_sync_cli.terminal.notices import tell_sample_data
    from ibkr_sync_cli.views.products.contract import contract_line
    from ibkr_sync_cli.views.products.product import product_result

    invocation = invocation_of(context)
    invocation.flag(source="local")
    wanted = invocation.wanted_format(format, json=json)
    output, moment = invocation.output, now()
    limits = SymbolOptions(exchange=exchange, currency=currency, trading_class=trading_class)
    rule = TradingRule(days_before=days_before, series=series)
    with bootstrap(invocation.profile, Future) as services:
        meant = resolve(output, services.futures, symbol, limits)
        if meant.contract is not None:
            with suppress(AmbiguousProductError):
                services.futures.show(meant.query)  # raises for what is not stored at all
            _refuse(output, symbol, limits, meant, rule)
        judged = services.futures.judge(meant.query, rule, moment)
    if explain:
        from ibkr_sync_cli.views.products.judgements import judgements_table

        output.show_on_stderr(judgements_table(judged, rule, moment))
    else:
        for each in judged.passed_over:
            contract = each.contract
            is_wanted = contract.series in chosen_series(judged.product, series)
            if each.objection is Objection.MISSING and is_wanted:
                told = f"{contract.local_symbol} is missing from the last reply"
                output.remark(f"note: {told}, so it is passed over", style="yellow")
    contract = judged.nearest()
    if wanted is None:
        output.write_text(contract_line(contract))
    else:
        narrowed = dataclasses.replace(judged.product, contracts=(contract,))
        output.write(product_result(narrowed, moment), wanted)
    if judged.product.origin is Origin.SAMPLE:
        tell_sample_data(output, wanted)


def _refuse(
    output: Output, symbol: str, limits: SymbolOptions, meant: Resolution, rule: TradingRule
) -> NoReturn:
    """End the call: who names a contract would be answered with another one."""
    from ibkr_sync_cli.messages.exit_codes import ExitCode
    from ibkr_sync_cli.messages.next_steps import name_product

    query, given = meant.query, dataclasses.asdict(limits)
    by_rule = {
        "days_before": rule.days_before,
        "series": None if rule.series is SeriesChoice.USUAL else rule.series,
    }
    output.complain(
        f"{symbol.strip()} is a contract, and next takes a product.",
        name_product(
            meant.product or (query.symbol, query.exchange, query.trading_class),
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
