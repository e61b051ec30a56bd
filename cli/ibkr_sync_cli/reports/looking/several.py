"""The same question about several things: one that fails does not lose the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibkr_sync_cli.messages.exit_codes import ExitCode
from ibkr_sync_cli.views.records import several_view

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ibkr_sync_cli.invocation import Call
    from ibkr_sync_cli.terminal.output import Result


def report_several(call: Call, symbols: Iterable[str], view: Callable[[str], Result]) -> ExitCode:
    """Show what `view` gives for each symbol, failures on stderr; gives the exit code.

    Raises ProductLookupError where a single one was asked for.
    """
    typed = list(dict.fromkeys(other.strip() for other in symbols))
    if len(typed) == 1:
        call.output.write(view(typed[0]), call.wanted)
        return ExitCode.OK
    from ibkr_sync_cli.messages.errors import exit_code_of
    from ibkr_sync_cli.reports.errors import found_of, report_error

    results, failures = found_of(typed, view)
    if results:
        call.output.write(several_view(results), call.wanted)
    for failure in failures:
        report_error(call.output, failure)
    return exit_code_of(failures, all_failed=not results)
