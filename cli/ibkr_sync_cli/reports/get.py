"""What came of bringing named products up to date, failures on stderr."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibkr_sync.domain.entities.futures import Origin
from ibkr_sync_cli.messages.errors import exit_code_of
from ibkr_sync_cli.reports.errors import report_error, report_remarks
from ibkr_sync_cli.reports.events import report_run_events
from ibkr_sync_cli.terminal.notices import (
    write_catalogue_notice,
    write_disagreements_notice,
    write_other_year_notice,
)
from ibkr_sync_cli.terminal.output import OutputFormat
from ibkr_sync_cli.views.products.product import product_view
from ibkr_sync_cli.views.runs.outcomes import outcome_sentence, outcomes_view

if TYPE_CHECKING:
    from datetime import datetime

    from ibkr_sync.application.services.deliveries.audit import AuditService
    from ibkr_sync.application.services.get import GetReport
    from ibkr_sync_cli.invocation import Call
    from ibkr_sync_cli.messages.exit_codes import ExitCode


def report_get(call: Call, report: GetReport, audit: AuditService, now: datetime) -> ExitCode:
    """Show what came of it, if anything did; gives the exit code.

    With --quiet a format that is only configured asks for no result.
    """
    output, is_one = call.output, len(report.outcomes) == 1
    if not report.from_source:
        profile = call.loaded.settings.profile
        output.note(f"IBKR was not asked: profile {profile} answers from the database")
    if report.outcomes and not (output.quiet and call.explicit_format is None):
        _write(call, report, now)
    report_run_events(output, report)
    for update in report.updates:
        report_remarks(output, update.product.key, update.remarks, update.left_out)
    asked = [other for other in report.updates if other.diff is not None]
    stored = {other.product.key for other in asked if other.applied}
    write_disagreements_notice(output, audit.disagreements(now, stored) if stored else ())
    write_catalogue_notice(output, sum(other.disagreements for other in asked if not other.applied))
    for failure in report.failures:
        report_error(output, failure.error, None if is_one else str(failure.query))
    for words, match in report.contracts:
        write_other_year_notice(output, words, match)
        contract = match.contract
        output.remark(
            f"{words.text}: conId {contract.con_id}, last trade {contract.last_trade_date}"
        )
    for error in report.absent:
        report_error(output, error)
    is_partial = any(update.left_out for update in report.updates)
    return exit_code_of(report.errors, all_failed=not report.has_success, is_partial=is_partial)


def _write(call: Call, report: GetReport, now: datetime) -> None:
    """One product in full for people, else a line for each."""
    output, wanted, from_source = call.output, call.wanted, report.from_source
    in_full = len(report.outcomes) == 1 and not output.columns
    if in_full and output.format_for(wanted) is OutputFormat.TABLE:
        for update in report.updates:
            output.write(product_view(update.product, now, command=output.command), wanted)
            output.remark(outcome_sentence(update, output.command, from_source=from_source))
        return
    output.write(outcomes_view(report, now), wanted)
    for update in report.updates:
        if update.product.origin is Origin.CATALOGUE:
            output.remark(outcome_sentence(update, output.command))
