"""A calendar of what ends, and of what gives notice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.naming.limits import Limits
from ibkr_sync_cli.arguments.symbols import product_of_symbol
from ibkr_sync_cli.messages.errors import exit_code_of
from ibkr_sync_cli.reports.errors import found_of, report_error
from ibkr_sync_cli.terminal.notices import write_nothing_notice, write_sample_data_notice
from ibkr_sync_cli.views.products.expirations import expirations_view

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ibkr_sync.bootstrap import Services
    from ibkr_sync.domain.delivery.days_before import DaysBefore
    from ibkr_sync_cli.invocation import Call
    from ibkr_sync_cli.messages.exit_codes import ExitCode


def report_expirations(
    call: Call,
    services: Services[Future],
    now: datetime,
    *,
    symbols: Sequence[str] = (),
    exchange: str | None = None,
    within: DaysBefore,
    watched: bool = False,
    groups: Sequence[str] = (),
) -> ExitCode:
    """Show the calendar for so many days, what is not stored on stderr; gives the exit code.

    It is of all that is stored, of an exchange, of what was typed, of what is `watched`, or of some
    groups of that. Raises UnknownExchangeError.
    """
    asked = exchange and services.futures.known_exchange(exchange)
    limits = Limits(exchange=exchange)
    named, failures = found_of(
        symbols, lambda one: product_of_symbol(call.output, services.futures, one, limits, now)
    )
    calendar = services.calendar.calendar(
        *(now, within),
        named=named if symbols else None,
        exchange=asked,
        watched=watched,
        groups=tuple(groups),
    )
    found, is_empty = calendar.expirations, calendar.is_of_nothing
    if not (is_empty and failures):
        call.output.write(expirations_view(found, within), call.wanted)
        if not found:
            write_nothing_notice(call.output, "that is stored fits")
    for failure in failures:
        report_error(call.output, failure)
    if any(expiration.delivering.product.origin is Origin.SAMPLE for expiration in found):
        write_sample_data_notice(call.output, call.output.format_for(call.wanted))
    return exit_code_of(failures, all_failed=is_empty)
