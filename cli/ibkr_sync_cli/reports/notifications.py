"""Notifying whoever the settings name of a refresh, however it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from ibkr_sync.domain.errors import IbkrSyncError, NotificationError, RunInterrupted
from ibkr_sync_cli.messages.errors import explain_error
from ibkr_sync_cli.messages.exit_codes import ExitCode

if TYPE_CHECKING:
    from ibkr_sync.application.services.refresh_report import RefreshReport
    from ibkr_sync_cli.invocation import Call
    from ibkr_sync_cli.terminal.output import Output

_BY_SIGNAL = 128


@contextmanager
def notified(call: Call, *, dry_run: bool) -> Iterator[Callable[[RefreshReport], RefreshReport]]:
    """Notify of what is done meanwhile; gives what to pass the report through, once there is one.

    A dry run is of interest to nobody else. A notifier that fails is a warning.
    """
    from ibkr_sync.bootstrap.notifications import refresh_notifications

    reports: list[RefreshReport] = []

    def note(report: RefreshReport) -> RefreshReport:
        reports.append(report)
        return report

    if dry_run:
        yield note
        return
    notifications = refresh_notifications(call.loaded.settings.notify)
    code: int = ExitCode.UNEXPECTED
    try:
        _warn(call.output, notifications.begun())
        yield note
    except BaseException as error:
        code = _exit_code(error)
        raise
    else:
        code = ExitCode.OK
    finally:
        run, events = (reports[-1].run_id, reports[-1].events) if reports else (None, ())
        is_stopped = code in {ExitCode.INTERRUPTED, ExitCode.TERMINATED}
        _warn(call.output, notifications.ended(code, run, events, soon=is_stopped))


def _exit_code(error: BaseException) -> int:
    """The code with which the command will end."""
    match error:
        case typer.Exit():
            return error.exit_code
        case RunInterrupted():
            return _BY_SIGNAL + error.signal_number
        case IbkrSyncError():
            return explain_error(error).exit_code
        case _:
            return ExitCode.UNEXPECTED


def _warn(output: Output, failures: tuple[NotificationError, ...]) -> None:
    """Report them, where it is to be quiet too: nobody else will."""
    for failure in failures:
        explanation = explain_error(failure, output.command)
        output.warn(explanation.sentence)
        output.advise(explanation.next_step)
