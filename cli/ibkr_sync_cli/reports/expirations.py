"""A calendar of what ends, and of what gives notice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.errors import ProductLookupError
from ibkr_sync.domain.naming.limits import Limits
from ibkr_sync_cli.arguments.symbols import product_of_symbol
from ibkr_sync_cli.messages.errors import exit_code_of
from ibkr_sync_cli.reports.errors import report_error
from ibkr_sync_cli.terminal.notices import write_nothing_notice, write_sample_data_notice
from ibkr_sync_cli.views.products.expirations import expirations_view

if TYPE_CHECKING:
    from datetime import datetime

    from ibkr_sync.bootstrap import Services
    from ibkr_sync.domain.delivery.days_before import DaysBefore
    from ibkr_sync_cli.invocation import Call
    from ibkr_sync_cli.messages.exit_codes import ExitCode


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarQuestion:
    """Of which products the calendar is, and how far it reaches.

    Attributes:
        symbols: what was typed; all that is stored if nothing.
        within: so many days ahead, or business days of each market.
        watched: only what is on the watchlist, or in some `groups` of it.
    """

    symbols: tuple[str, ...] = ()
    exchange: str | None = None
    within: DaysBefore
    watched: bool = False
    groups: tuple[str, ...] = ()


def report_expirations(
    call: Call, services: Services[Future], question: CalendarQuestion, now: datetime
) -> ExitCode:
    """Show the calendar, what is not stored on stderr; gives the exit code.

    Raises UnknownExchangeError.
    """
    asked = question.exchange and services.futures.known_exchange(question.exchange)
    named, failures = _named(call, services, question, now)
    calendar = services.calendar.calendar(
        *(now, question.within),
        named=named if question.symbols else None,
        exchange=asked,
        watched=question.watched,
        groups=question.groups,
    )
    found, is_empty = calendar.expirations, calendar.is_of_nothing
    if not (is_empty and failures):
        call.output.write(expirations_view(found, question.within), call.wanted)
        if not found:
            write_nothing_notice(call.output, "that is stored fits")
    for failure in failures:
        report_error(call.output, failure)
    if any(expiration.delivering.product.origin is Origin.SAMPLE for expiration in found):
        write_sample_data_notice(call.output, call.output.format_for(call.wanted))
    return exit_code_of(failures, all_failed=is_empty)


def _named(
    call: Call, services: Services[Future], question: CalendarQuestion, now: datetime
) -> tuple[list[Future], list[ProductLookupError]]:
    """The products that were typed, of a contract with it alone, and why others are not there."""
    found: list[Future] = []
    failures: list[ProductLookupError] = []
    limits = Limits(exchange=question.exchange)
    for symbol in question.symbols:
        try:
            found.append(product_of_symbol(call.output, services.futures, symbol, limits, now))
        except ProductLookupError as error:
            failures.append(error)
    return found, failures
