"""What a check found, with what is not well on stderr."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibkr_sync.domain.durations import duration_text
from ibkr_sync_cli.messages.next_steps import step_to_refresh, step_to_show_product
from ibkr_sync_cli.terminal.notices import (
    closed_since,
    write_closed_notice,
    write_sample_data_notice,
)
from ibkr_sync_cli.units.quantities import quantity_of
from ibkr_sync_cli.views.runs.freshness import freshness_view
from ibkr_sync_cli.views.runs.recorded_runs import run_sentence

if TYPE_CHECKING:
    from datetime import datetime

    from ibkr_sync.application.services.freshness import FreshnessReport
    from ibkr_sync_cli.invocation import Call
    from ibkr_sync_cli.terminal.output import Output


def report_freshness(call: Call, report: FreshnessReport, moment: datetime) -> None:
    """Show what was checked; with --quiet nothing as long as all is well."""
    output = call.output
    if report.is_ok and output.quiet:
        return
    # A heading without a line under it is nothing to mail.
    if report.stale or call.explicit_format is not None or not output.quiet:
        output.write(freshness_view(report, moment), call.wanted)
    if report.is_sample:
        write_sample_data_notice(output, output.format_for(call.wanted))
    write_closed_notice(output, closed_since(report.closed))
    for product in report.remarked:
        first, *others = product.remarks
        more = f" and {len(others)} more" if others else ""
        step = step_to_show_product(product.key, output.command)
        output.note(f"{product.key}: {first}{more}; see: {step}")
    if not report.is_ok:
        _complain(output, report, moment)


def _complain(output: Output, report: FreshnessReport, moment: datetime) -> None:
    if report.checked == 0:
        nothing = "There is nothing to check: watchlist and database are empty."
        if report.closed:
            nothing = "There is nothing to check: all of it is closed."
        output.complain(nothing, output.command.demo or output.command("watchlist", "add", "ES"))
    if report.stale:
        count, limit = quantity_of(report.checked, "product"), duration_text(report.max_age)
        sentence = f"{len(report.stale)} of {count} without a complete reply for {limit}"
        output.complain(
            f"{sentence}, at {moment:%Y-%m-%d %H:%M} UTC.", step_to_refresh(output.command)
        )
    if report.is_run_alarming and report.run is not None:
        sentence = run_sentence(report.run)
        products = output.command("runs", "--run", str(report.run.run_id))
        output.complain(f"{sentence[0].upper()}{sentence[1:]}.", f"See: {products}")
