"""How an error is told: what happened, why, and the next command to type."""

from __future__ import annotations

from ibkr_sync.domain.errors import AmbiguousProductError, IbkrSyncError
from ibkr_sync_cli.errors import ExitCode, explain
from ibkr_sync_cli.output import Output


def report_error(output: Output, error: IbkrSyncError) -> ExitCode:
    """Tell an error on stderr, with the candidates where there are some; gives its exit code."""
    explanation = explain(error)
    if isinstance(error, AmbiguousProductError):
        from ibkr_sync_cli.views.products import candidates_table

        output.complain(explanation.sentence, None)
        output.show_on_stderr(candidates_table(error.candidates))
        output.advise(explanation.next_step)
    else:
        output.complain(explanation.sentence, explanation.next_step)
    return explanation.exit_code
