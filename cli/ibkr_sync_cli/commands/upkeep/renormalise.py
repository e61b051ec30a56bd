"""`db renormalise`: the present, read again from the replies it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ibkr_sync_cli.arguments import options
from ibkr_sync_cli.invocation import Invocation, invocation_of, now

if TYPE_CHECKING:
    from ibkr_sync.application.services.futures import FuturesService
    from ibkr_sync.domain.entities.futures import Future, ProductKey
    from ibkr_sync_cli.arguments.symbols import SymbolOptions
    from ibkr_sync_cli.terminal.output import OutputFormat
    from ibkr_sync_cli.views.runs.renormalised import Outcome


def renormalise(
    context: typer.Context,
    symbols: Annotated[
        list[str] | None,
        typer.Argument(help="Products, as ES or CL@NYMEX; all if none.", metavar="SYMBOL"),
    ] = None,
    exchange: options.Exchange = None,
    currency: options.Currency = None,
    trading_class: options.TradingClass = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show, write nothing.")] = False,
    format: options.Format = None,  # noqa: A002 - the option's name
    json: options.Json = False,
) -> None:
    """Read the raw replies that are kept again, and rewrite what today is read otherwise."""
    from ibkr_sync.bootstrap import bootstrap
    from ibkr_sync.domain.entities.futures import Future
    from ibkr_sync_cli.arguments.symbols import SymbolOptions

    invocation = invocation_of(context)
    invocation.flag(source="local")
    wanted = invocation.wanted_format(format, json=json)
    limits = SymbolOptions(exchange=exchange, currency=currency, trading_class=trading_class)
    if not symbols and limits != SymbolOptions():
        raise typer.BadParameter("--exchange, --currency and --trading-class need a SYMBOL")
    outcomes: list[Outcome] = []
    with bootstrap(invocation.profile, Future) as services:
        if symbols:
            keys = _named(invocation, services.futures, symbols, limits, outcomes)
        else:
            keys = services.renormalising.products()
        with invocation.output.progress("Reading", len(keys)) as advance:
            for outcome in services.renormalising.renormalise(
                keys, now(), dry_run=dry_run, on_run=invocation.run.note
            ):
                outcomes.append(outcome)
                advance("")
    raise typer.Exit(_report(invocation, outcomes, wanted, dry_run=dry_run))


def _named(
    invocation: Invocation,
    service: FuturesService[Future],
    symbols: list[str],
    limits: SymbolOptions,
    outcomes: list[Outcome],
) -> tuple[ProductKey, ...]:
    """The stored products that are meant; what means none is added to the outcomes."""
    from ibkr_sync.domain.errors import ProductLookupError
    from ibkr_sync.domain.runs.future_update import FutureFailure
    from ibkr_sync_cli.arguments.symbols import MeantSymbols, resolve_all

    meant = MeantSymbols()
    resolve_all(invocation.output, service, symbols, limits, meant, source_decides=False)
    outcomes.extend(meant.failures)
    keys: dict[ProductKey, None] = {}
    for query in meant.contracts:
        try:
            keys[service.show(query).key] = None
        except ProductLookupError as error:
            outcomes.append(FutureFailure(query=query, error=error))
    return tuple(keys)


def _report(
    invocation: Invocation,
    outcomes: list[Outcome],
    wanted: OutputFormat | None,
    *,
    dry_run: bool,
) -> int:
    """Show what came of it, failures on stderr; gives the exit code."""
    from ibkr_sync.domain.runs.future_update import FutureFailure
    from ibkr_sync_cli.messages.errors import exit_code_of
    from ibkr_sync_cli.reports.errors import report_error
    from ibkr_sync_cli.views.runs.renormalised import renormalised_result, renormalised_sentence

    output = invocation.output
    output.write(renormalised_result(outcomes), wanted)
    output.remark(renormalised_sentence(outcomes, dry_run=dry_run))
    failures = [each for each in outcomes if isinstance(each, FutureFailure)]
    for failure in failures:
        report_error(output, failure.error, str(failure.query) if len(outcomes) > 1 else None)
    errors = [failure.error for failure in failures]
    return exit_code_of(errors, all_failed=len(failures) == len(outcomes))
