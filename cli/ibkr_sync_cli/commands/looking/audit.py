"""`audit`: what contradicts what."""

from __future__ import annotations

from typing import Annotated

import typer

from ibkr_sync.domain.history.severity import Severity
from ibkr_sync_cli.arguments import options
from ibkr_sync_cli.invocation import call_of, now
from ibkr_sync_cli.terminal.output import OutputFormat


def audit(
    context: typer.Context,
    symbols: options.AnyProducts = None,
    severity: Annotated[
        Severity, typer.Option("--severity", help="Only what is at least this severe.")
    ] = Severity.INFO,
) -> None:
    """Show where IBKR, rules, the catalogue and imports disagree, from the database alone.

    It compares last trade dates, notice dates, multipliers, price magnifiers, ticks, currencies,
    underlyings and symbols. IBKR's word is what is stored.
    """
    from ibkr_sync.domain.naming.limits import UNLIMITED
    from ibkr_sync_cli.arguments.symbols import product_of_symbol
    from ibkr_sync_cli.terminal.notices import write_sample_data_notice
    from ibkr_sync_cli.views.products.audit import audit_view

    call, moment = call_of(context), now()
    with call.reading() as services:
        service, output = services.futures, call.output
        keys = {
            product_of_symbol(output, service, symbol, UNLIMITED, moment).key
            for symbol in symbols or ()
        }
        found = services.audit.disagreements(moment, keys if symbols else None)
        shown = [other for other in found if other.severity.rank >= severity.rank]
        is_sample = bool(shown) and service.is_sample(shown[0].product)
    output.write(audit_view(shown, is_sample=is_sample), call.wanted)
    if is_sample:
        write_sample_data_notice(output, output.format_for(call.wanted))
    if not shown and output.format_for(call.wanted) is not OutputFormat.TABLE:
        output.remark("nothing disagrees")
