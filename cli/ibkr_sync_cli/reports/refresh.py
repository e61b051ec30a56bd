"""What a refresh came to, with what to do next on stderr."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibkr_sync.domain.errors import AmbiguousProductError, ProductNotFoundError
from ibkr_sync_cli.messages.errors import exit_code_of, explain_error
from ibkr_sync_cli.messages.next_steps import step_if_given_up, step_to_watch_product
from ibkr_sync_cli.reports.errors import report_error, report_remarks
from ibkr_sync_cli.reports.events import report_run_events
from ibkr_sync_cli.reports.progress import sync_with_progress
from ibkr_sync_cli.terminal.notices import (
    closed_since,
    write_catalogue_notice,
    write_closed_notice,
    write_disagreements_notice,
)
from ibkr_sync_cli.terminal.output import Output, OutputFormat
from ibkr_sync_cli.views.runs.refresh_summary import (
    refresh_failures,
    refresh_sentence,
    refresh_view,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime
    from typing import TypeAlias

    from ibkr_sync.application.services.refresh import Refresh
    from ibkr_sync.application.services.refresh_report import RefreshReport
    from ibkr_sync.domain.delivery.audit.disagreements import Disagreement
    from ibkr_sync.domain.entities.futures import ProductKey
    from ibkr_sync.domain.runs.future_update import FutureFailure
    from ibkr_sync_cli.invocation import Call
    from ibkr_sync_cli.messages.exit_codes import ExitCode

    Audit: TypeAlias = Callable[[datetime, Collection[ProductKey]], Sequence[Disagreement]]


def run_refresh(
    call: Call,
    begin: Callable[[], Refresh],
    audit: Audit,
    note: Callable[[RefreshReport], RefreshReport],
) -> ExitCode:
    """Refresh with progress and report; gives the exit code, raises what ends the run.

    The report is passed through `note` before it is shown.
    """

    def report(refresh: Refresh) -> ExitCode:
        return report_refresh(call, note(refresh.report()), audit)

    return sync_with_progress(call.output, "Refreshed", begin, report)


def report_refresh(call: Call, report: RefreshReport, audit: Audit) -> ExitCode:
    """Show the summary, if there is anything to report; gives the exit code.

    Failures are reported on stderr too where the summary is not for people. With --quiet a format
    that is only configured asks for no summary.
    """
    output = call.output
    wanted = call.explicit_format if output.quiet else call.wanted
    is_shown = wanted is not None or not output.quiet
    if report.outcomes:
        if is_shown:
            output.write(refresh_view(report), wanted)
        shows_reasons = is_shown and output.format_for(wanted) is OutputFormat.TABLE
        report_run_events(output, report)
        _remark(output, report, audit)
        _complain(output, report, shows_reasons=shows_reasons)
        output.remark(refresh_sentence(report))
    return _exit_code(report)


def _remark(output: Output, report: RefreshReport, audit: Audit) -> None:
    for update in report.updates:
        if update.query.trading_class and not update.query.may_mean(update.key):
            output.note(f"{update.query} is {update.key} today")
        report_remarks(output, update.key, update.remarks, update.left_out)
    for key in report.left_unwatched:
        output.note(f"{key} took contracts, and is not watched")
        output.advise(step_to_watch_product(key, output.command))
    write_closed_notice(output, closed_since(report.closed))
    asked = [other for other in report.updates if other.counts is not None]
    # Of what was recognised an earlier refresh has said so.
    stored = {product.key for product in asked if product.applied and not product.is_recognised}
    found = audit(report.finished_at, stored) if stored else ()
    write_disagreements_notice(output, found)
    write_catalogue_notice(
        output, sum(product.disagreements for product in asked if not product.applied)
    )


def _complain(output: Output, report: RefreshReport, *, shows_reasons: bool) -> None:
    """Say what failed and what to do next, each once; the reasons if they are not shown yet."""
    advised: set[str | None] = set()
    for sentence, failure in refresh_failures(report.failures):
        if isinstance(failure.error, AmbiguousProductError):
            report_error(output, failure.error)
            continue
        next_step = _next_step(output, report, failure)
        if not shows_reasons:
            output.complain(sentence, None)
        if next_step not in advised:
            output.advise(next_step)
        advised.add(next_step)


def _next_step(output: Output, report: RefreshReport, failure: FutureFailure) -> str | None:
    """What to do about a failure; a stored product that IBKR gave up needs more than patience."""
    error = failure.error
    is_of_pin = isinstance(error, ProductNotFoundError) and bool(error.sizes)
    if report.is_given_up(failure) and not is_of_pin:
        return step_if_given_up(failure.query, output.command, is_watched=bool(report.watched))
    return explain_error(error, output.command).next_step


def _exit_code(report: RefreshReport) -> ExitCode:
    """The code of what ended the run before anything was answered, else of the failures."""
    if report.ended_by is not None and not report.has_answers:
        return explain_error(report.ended_by).exit_code
    failures = [failure.error for failure in report.failures]
    is_partial = any(update.left_out for update in report.updates)
    return exit_code_of(failures, all_failed=not report.has_success, is_partial=is_partial)
