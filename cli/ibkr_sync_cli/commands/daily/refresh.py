"""`refresh`: keep what is watched up to date."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from ibkr_sync_cli.arguments import options
from ibkr_sync_cli.invocation import Invocation, invocation_of, now
from ibkr_sync_cli.terminal.output import OutputFormat
from ibkr_sync_cli.units.durations import parse_duration, parse_limit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ibkr_sync.application.services.refresh_report import Outcome, Refreshed
    from ibkr_sync.bootstrap import Services
    from ibkr_sync.domain.entities.futures import Future, ProductKey
    from ibkr_sync.domain.entities.product_summary import ProductSummary
    from ibkr_sync.domain.errors import GatewayError
    from ibkr_sync.domain.naming.query import FutureQuery
    from ibkr_sync.domain.runs.future_update import FutureFailure
    from ibkr_sync.domain.runs.sync_policy import SyncPolicy
    from ibkr_sync_cli.arguments.symbols import SymbolOptions
    from ibkr_sync_cli.messages.exit_codes import ExitCode
    from ibkr_sync_cli.terminal.output import Output

_TRIES = 3
"""How often a product is asked for where no deadline says how long to go on."""


def refresh(
    context: typer.Context,
    symbols: Annotated[
        list[str] | None,
        typer.Argument(
            help="Products, as ES 6E CL@NYMEX; the watchlist if none, else all that is stored.",
            metavar="SYMBOL",
            show_default=False,
        ),
    ] = None,
    group: Annotated[
        list[str] | None,
        typer.Option("--group", help="Only this group of the watchlist; may repeat.", metavar="G"),
    ] = None,
    source: options.Source = None,
    exchange: options.Exchange = None,
    currency: options.Currency = None,
    trading_class: options.TradingClass = None,
    stale: Annotated[
        timedelta | None,
        typer.Option(
            "--stale", help="Skip what is no older.", metavar="20h", parser=parse_duration
        ),
    ] = None,
    deadline: Annotated[
        timedelta | None,
        typer.Option(
            "--deadline",
            help="Go on for so long with what fails, also without a gateway, and no longer.",
            metavar="30m",
            parser=parse_limit,
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
    """Bring all that is watched up to date, and show what came of it."""
    from ibkr_sync.domain.runs.sync_policy import RunKind, SyncPolicy
    from ibkr_sync_cli.arguments.symbols import SymbolOptions

    invocation = invocation_of(context)
    invocation.flag(source=source, host=host, port=port, client_id=client_id)
    wanted = invocation.wanted_format(format, json=json)
    if invocation.output.quiet:  # a format that is only configured asks for no result
        wanted = invocation.explicit_format(format, json=json)
    if invocation.profile.source == "local":
        raise typer.BadParameter(
            "the database alone has nothing new to tell: add --source ibkr, or use -p ibkr"
        )
    options.refuse_without_gateway(
        invocation.profile.source,
        {"--host": host, "--port": port, "--client-id": client_id, "--deadline": deadline},
    )
    if symbols and group:
        raise typer.BadParameter("name products or groups, not both")
    limits = SymbolOptions(exchange=exchange, currency=currency, trading_class=trading_class)
    if not symbols and limits != SymbolOptions():
        raise typer.BadParameter("--exchange, --currency and --trading-class are for SYMBOL")
    policy = SyncPolicy(
        max_age=stale,
        allow_shrink=allow_shrink,
        dry_run=dry_run,
        deadline=deadline,
        tries=_TRIES,
        kind=RunKind.NAMED_REFRESH if symbols else RunKind.REFRESH,
    )
    refreshing = _Refreshing(invocation, policy, wanted, limits)
    raise typer.Exit(refreshing.carry_out(symbols or (), group or ()))


class _Refreshing:
    """One call: what it is about, and what came of it so far."""

    def __init__(
        self,
        invocation: Invocation,
        policy: SyncPolicy,
        wanted: OutputFormat | None,
        limits: SymbolOptions,
    ) -> None:
        self._invocation = invocation
        self._policy = policy
        self._wanted = wanted
        self._limits = limits
        self._watched: frozenset[FutureQuery] = frozenset()
        self._started_at = now()
        self._began = time.monotonic()
        self._outcomes: dict[FutureQuery, Outcome] = {}

    def carry_out(self, symbols: Sequence[str], groups: Sequence[str]) -> ExitCode:
        """Refresh and report; gives the exit code."""
        from ibkr_sync.bootstrap import bootstrap
        from ibkr_sync.domain.entities.futures import Future
        from ibkr_sync.domain.errors import GatewayError, NothingToRefreshError
        from ibkr_sync.domain.runs.future_update import FutureFailure
        from ibkr_sync.domain.runs.refresh_order import oldest_first

        ended: GatewayError | None = None
        with bootstrap(self._invocation.profile, Future) as services:
            before = {each.key: each for each in services.futures.list_products()}
            queries = self._selection(services, symbols, groups)
            if not queries and not self._outcomes:
                raise NothingToRefreshError
            try:
                in_order = queries if symbols else oldest_first(queries, before.values())
                self._ask(services, in_order, before)
            except GatewayError as error:
                ended = error
                for query in queries:
                    self._outcomes.setdefault(query, FutureFailure(query=query, error=error))
            finally:  # what ends the run leaves what was stored before it
                refreshed = self._refreshed(before, queries)
                if refreshed.outcomes:
                    self._report(refreshed)
        return _exit_code(refreshed, ended)

    def _selection(
        self, services: Services[Future], symbols: Sequence[str], groups: Sequence[str]
    ) -> list[FutureQuery]:
        """What to refresh; symbols that mean nothing have failed already."""
        from ibkr_sync_cli.arguments.symbols import MeantSymbols, resolve_all

        self._watched = frozenset(each.current.query for each in services.watchlist.states())
        if not symbols:
            return list(services.watchlist.selection(groups))
        meant = MeantSymbols()
        resolve_all(
            self._invocation.output,
            services.futures,
            symbols,
            self._limits,
            meant,
            source_decides=self._policy.max_age is None,
        )
        self._outcomes.update({each.query: each for each in meant.failures})
        return list(meant.contracts)

    def _ask(
        self,
        services: Services[Future],
        queries: Sequence[FutureQuery],
        before: Mapping[ProductKey, ProductSummary],
    ) -> None:
        from ibkr_sync.application.services.refresh_report import refreshed_product
        from ibkr_sync.domain.runs.future_update import FutureFailure

        output = self._invocation.output
        with output.progress("Refreshing", len(queries)) as advance:
            note = self._invocation.run.note
            for outcome in services.futures.get_many(queries, self._policy, on_run=note):
                self._outcomes[outcome.query] = (
                    outcome
                    if isinstance(outcome, FutureFailure)
                    else refreshed_product(outcome, before, now())
                )
                advance(outcome.query.symbol)

    def _refreshed(
        self, before: dict[ProductKey, ProductSummary], queries: Sequence[FutureQuery]
    ) -> Refreshed:
        """What came of it: what could not be asked for, then the rest as it was meant."""
        from ibkr_sync.application.services.refresh_report import Refreshed

        asked = set(queries)
        unasked = [each for each in self._outcomes if each not in asked]
        in_order = dict.fromkeys([*unasked, *queries])
        return Refreshed(
            outcomes=[self._outcomes[each] for each in in_order if each in self._outcomes],
            before=before,
            started_at=self._started_at,
            finished_at=now(),
            took=timedelta(seconds=time.monotonic() - self._began),
            run_id=self._invocation.run.run_id,
            due=len(in_order),
        )

    def _report(self, refreshed: Refreshed) -> None:
        """Show the summary; failures on stderr too where the summary is not for people."""
        from ibkr_sync_cli.views.runs.refresh_summary import counts_sentence, refresh_result

        output = self._invocation.output
        is_shown = self._wanted is not None or not output.quiet
        if is_shown:
            output.write(refresh_result(refreshed), self._wanted)
        tells_reasons = is_shown and output.format_for(self._wanted) is OutputFormat.TABLE
        _tell_failures(output, refreshed, self._watched, tells_reasons=tells_reasons)
        output.remark(counts_sentence(refreshed))


def _tell_failures(
    output: Output,
    refreshed: Refreshed,
    watched: frozenset[FutureQuery],
    *,
    tells_reasons: bool,
) -> None:
    """Tell on stderr what failed and what to do next, each once; the reasons if still untold."""
    from ibkr_sync.domain.errors import AmbiguousProductError
    from ibkr_sync_cli.reports.errors import report_error
    from ibkr_sync_cli.views.runs.refresh_summary import reasons

    for update in refreshed.updates:
        if update.query.trading_class and not update.query.may_mean(update.key):
            output.remark(f"note: {update.query} is {update.key} today", style="yellow")
        for remark in update.remarks:
            output.remark(f"{update.key}: {remark}", style="yellow")
    advised: set[str | None] = set()
    for sentence, failure in reasons(refreshed.failures):
        if isinstance(failure.error, AmbiguousProductError):
            report_error(output, failure.error)
            continue
        next_step = _next_step(output, refreshed, failure, watched)
        if not tells_reasons:
            output.complain(sentence, None)
        if next_step not in advised:
            output.advise(next_step)
        advised.add(next_step)


def _next_step(
    output: Output, refreshed: Refreshed, failure: FutureFailure, watched: frozenset[FutureQuery]
) -> str | None:
    """What to do about a failure; a stored product that was given up needs more than patience.

    That a file lacks a product says nothing about it.
    """
    from ibkr_sync.domain.entities.futures import Origin
    from ibkr_sync.domain.errors import ProductNotFoundError
    from ibkr_sync_cli.messages.errors import explain
    from ibkr_sync_cli.messages.next_steps import given_up

    error, stored = failure.error, refreshed.stored_before(failure)
    if not isinstance(error, ProductNotFoundError) or error.asked in (None, Origin.FILE):
        return explain(error, output.command).next_step
    if stored is None:
        return explain(error, output.command).next_step
    is_watched = any(each.covers(stored) for each in watched)
    if watched and not is_watched:  # it was named, and nobody asks for it every night
        return explain(error, output.command).next_step
    return given_up(failure.query, output.command, is_watched=is_watched)


def _exit_code(refreshed: Refreshed, ended: GatewayError | None) -> ExitCode:
    """The code of what ended the run before anything was answered, else of the failures.

    What is fresh without asking counts as done, unless the gateway or IBKR itself was away: then
    no due product could be asked for, and the code tells that.
    """
    from ibkr_sync.domain.errors import GatewayError
    from ibkr_sync_cli.messages.errors import exit_code_of, explain

    if ended is not None and not refreshed.has_answers:
        return explain(ended).exit_code
    failures = [each.error for each in refreshed.failures]
    nothing_asked = all(isinstance(each, GatewayError) for each in failures)
    nothing_done = not refreshed.updates or (nothing_asked and not refreshed.has_answers)
    return exit_code_of(failures, all_failed=nothing_done)
