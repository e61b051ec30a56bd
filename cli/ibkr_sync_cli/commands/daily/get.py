"""`get`: bring products up to date."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from ibkr_sync_cli.arguments import options
from ibkr_sync_cli.invocation import Invocation, invocation_of, now
from ibkr_sync_cli.terminal.output import OutputFormat
from ibkr_sync_cli.units.durations import parse_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ibkr_sync.domain.errors import IbkrSyncError
    from ibkr_sync.domain.runs.sync_policy import SyncPolicy
    from ibkr_sync_cli.arguments.symbols import MeantSymbols, SymbolOptions
    from ibkr_sync_cli.views.runs.outcomes import Outcome


def get(
    context: typer.Context,
    symbols: Annotated[
        list[str],
        typer.Argument(
            help="Products, as ES 6E CL@NYMEX; contracts, as ESZ6; conIds.", metavar="SYMBOL"
        ),
    ],
    source: options.Source = None,
    exchange: options.Exchange = None,
    currency: options.Currency = None,
    trading_class: options.TradingClass = None,
    expired: Annotated[bool, typer.Option("--expired", help="Ask for expired contracts too.")] = (
        False
    ),
    max_age: Annotated[
        timedelta | None,
        typer.Option(
            "--max-age",
            help="Answer from the database what is no older.",
            metavar="20h",
            parser=parse_duration,
        ),
    ] = None,
    dry_run: options.DryRun = False,
    allow_shrink: options.AllowShrink = False,
    host: options.Host = None,
    port: options.Port = None,
    client_id: options.ClientId = None,
    format: options.Format = None,  # noqa: A002 - the option's name
    json: options.Json = False,
) -> None:
    """Bring products up to date from a source, store them, and show what changed."""
    from ibkr_sync.domain.runs.sync_policy import SyncPolicy
    from ibkr_sync_cli.arguments.symbols import MeantSymbols, SymbolOptions
    from ibkr_sync_cli.messages.errors import exit_code_of

    invocation = invocation_of(context)
    invocation.flag(source=source, host=host, port=port, client_id=client_id)
    wanted = invocation.wanted_format(format, json=json)
    options.refuse_without_gateway(
        invocation.profile.source, {"--host": host, "--port": port, "--client-id": client_id}
    )
    limits = SymbolOptions(exchange=exchange, currency=currency, trading_class=trading_class)
    policy = SyncPolicy(
        include_expired=expired,
        max_age=max_age,
        allow_shrink=allow_shrink,
        dry_run=dry_run,
    )
    outcomes: list[Outcome] = []
    meant = MeantSymbols()
    try:
        outcomes.extend(_bring_up_to_date(invocation, symbols, limits, policy, meant))
    finally:  # what ends the run leaves what was stored before it
        failures = _report(invocation, outcomes, meant, wanted) if outcomes else []
    raise typer.Exit(exit_code_of(failures, all_failed=len(failures) == len(outcomes)))


def _bring_up_to_date(
    invocation: Invocation,
    symbols: list[str],
    limits: SymbolOptions,
    policy: SyncPolicy,
    meant: MeantSymbols,
) -> Iterator[Outcome]:
    """Give what comes of each product, and fill in what the symbols mean."""
    from ibkr_sync.bootstrap import bootstrap
    from ibkr_sync.domain.entities.futures import Future
    from ibkr_sync_cli.arguments.symbols import resolve_all

    output, profile = invocation.output, invocation.profile
    with bootstrap(profile, Future) as services:
        # Where the database may answer, a symbol must mean one product before anything is asked.
        asked = profile.source != "local" and policy.max_age is None
        resolve_all(output, services.futures, symbols, limits, meant, source_decides=asked)
        yield from meant.failures
        with output.progress("Asking", len(meant.contracts)) as advance:
            note = invocation.run.note
            for outcome in services.futures.get_many(meant.contracts, policy, on_run=note):
                yield outcome
                advance(outcome.query.symbol)


def _report(
    invocation: Invocation,
    outcomes: list[Outcome],
    meant: MeantSymbols,
    wanted: OutputFormat | None,
) -> list[IbkrSyncError]:
    """Show what came of it, failures on stderr; gives the failures."""
    from ibkr_sync.domain.entities.futures import Origin
    from ibkr_sync.domain.runs.future_update import FutureFailure
    from ibkr_sync_cli.arguments.symbols import check_contracts
    from ibkr_sync_cli.reports.errors import report_error
    from ibkr_sync_cli.views.products.product import product_result
    from ibkr_sync_cli.views.runs.outcomes import outcome_sentence, outcomes_result

    output, from_source = invocation.output, invocation.profile.source != "local"
    places = {query: place for place, query in enumerate(meant.contracts)}
    outcomes = sorted(outcomes, key=lambda each: places.get(each.query, -1))
    failures = [each for each in outcomes if isinstance(each, FutureFailure)]
    updates = [each for each in outcomes if not isinstance(each, FutureFailure)]
    if len(outcomes) > 1 or output.format_for(wanted) is not OutputFormat.TABLE:
        output.write(outcomes_result(outcomes, now(), from_source=from_source), wanted)
        catalogued = [each for each in updates if each.product.origin is Origin.CATALOGUE]
        for update in catalogued:
            output.remark(outcome_sentence(update, output.command))
    else:
        for update in updates:
            output.write(product_result(update.product, now()), wanted)
            output.remark(outcome_sentence(update, output.command, from_source=from_source))
    for update in updates:
        for remark in update.remarks:
            output.remark(f"{update.product.key}: {remark}", style="yellow")
    for failure in failures:
        report_error(output, failure.error, str(failure.query) if len(outcomes) > 1 else None)
    absent = check_contracts(output, updates, meant, now())
    for error in absent:
        report_error(output, error)
    return [*(failure.error for failure in failures), *absent]
