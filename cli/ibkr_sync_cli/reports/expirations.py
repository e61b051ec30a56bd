"""A calendar of what ends, and of what gives notice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ibkr_sync.domain.entities.futures import Future, Origin, ProductKey
from ibkr_sync.domain.errors import ProductLookupError
from ibkr_sync.domain.naming.limits import Limits
from ibkr_sync_cli.arguments.symbols import resolve_symbol
from ibkr_sync_cli.messages.errors import exit_code_of
from ibkr_sync_cli.reports.errors import report_error
from ibkr_sync_cli.terminal.notices import write_sample_data_notice
from ibkr_sync_cli.views.products.expirations import expirations_view

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from ibkr_sync.bootstrap import Services
    from ibkr_sync_cli.invocation import Call
    from ibkr_sync_cli.messages.exit_codes import ExitCode


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarQuestion:
    """Of which products the calendar is, and how far it reaches.

    Attributes:
        symbols: what was typed; all that is stored if nothing.
        watched: only what is on the watchlist, or in some `groups` of it.
    """

    symbols: tuple[str, ...] = ()
    exchange: str | None = None
    within: timedelta
    watched: bool = False
    groups: tuple[str, ...] = ()


def report_expirations(
    call: Call, services: Services[Future], question: CalendarQuestion, now: datetime
) -> ExitCode:
    """Show the calendar, what is not stored on stderr; gives the exit code."""
    keys, failures = _products(call, services, question)
    # Symbols were narrowed by the exchange already.
    exchange = None if question.symbols else question.exchange and question.exchange.upper()
    found = [
        each
        for each in services.deliveries.expirations(now, question.within, keys)
        if exchange is None or each.delivering.product.exchange == exchange
    ]
    is_empty = keys is not None and not keys
    if not (is_empty and failures):
        call.output.write(expirations_view(found, question.within.days), call.wanted)
        if not found:
            call.output.remark("note: nothing that is stored fits", style="yellow")
    for failure in failures:
        report_error(call.output, failure)
    if any(each.delivering.product.origin is Origin.SAMPLE for each in found):
        write_sample_data_notice(call.output, call.output.format_for(call.wanted))
    return exit_code_of(failures, all_failed=is_empty)


def _products(
    call: Call, services: Services[Future], question: CalendarQuestion
) -> tuple[frozenset[ProductKey] | None, list[ProductLookupError]]:
    """The products that are meant, None for all, and why others are not there."""
    keys: set[ProductKey] = set()
    failures: list[ProductLookupError] = []
    limits = Limits(exchange=question.exchange)
    for symbol in question.symbols:
        try:
            found = resolve_symbol(call.output, services.futures, symbol, limits)
            keys.add(services.futures.show(found.query).key)
        except ProductLookupError as error:
            failures.append(error)
    if question.watched:
        states = services.watchlist.states(question.groups)
        watched = {each.key for state in states for each in state.stored}
        keys = keys & watched if question.symbols else watched
    elif not question.symbols:
        return None, failures
    return frozenset(keys), failures
