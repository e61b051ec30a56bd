"""What came of reading raw replies again, failures on stderr."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibkr_sync.domain.runs.future_update import FutureFailure
from ibkr_sync_cli.messages.errors import exit_code_of
from ibkr_sync_cli.reports.errors import report_error
from ibkr_sync_cli.views.runs.renormalised import (
    renormalised_sentence,
    renormalised_view,
    sentences_of_what_is_left,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ibkr_sync_cli.invocation import Call
    from ibkr_sync_cli.messages.exit_codes import ExitCode
    from ibkr_sync_cli.views.runs.renormalised import Outcome


def report_renormalised(call: Call, outcomes: Sequence[Outcome], *, dry_run: bool) -> ExitCode:
    """Show what came of it; gives the exit code."""
    output = call.output
    output.write(renormalised_view(outcomes), call.wanted)
    output.remark(renormalised_sentence(outcomes, dry_run=dry_run))
    for sentence in sentences_of_what_is_left(outcomes):
        output.remark(f"note: {sentence}")
    failures = [outcome for outcome in outcomes if isinstance(outcome, FutureFailure)]
    for failure in failures:
        report_error(output, failure.error, str(failure.query) if len(outcomes) > 1 else None)
    errors = [failure.error for failure in failures]
    return exit_code_of(errors, all_failed=len(failures) == len(outcomes))
