"""Entry point: runs the application and turns whatever ends it into an exit code."""

from __future__ import annotations

import signal
import sys
import traceback
from types import FrameType
from typing import NoReturn

from ibkr_sync.domain.errors import IbkrSyncError, RunInterrupted
from ibkr_sync_cli.app import app
from ibkr_sync_cli.errors import ExitCode
from ibkr_sync_cli.output import Output
from ibkr_sync_cli.reporting import report_error


def main() -> NoReturn:
    """Run one call of the command line."""
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signal_number, _interrupt)
    debug = "--debug" in sys.argv
    output = Output(color="--no-color" not in sys.argv)
    code = int(ExitCode.OK)
    try:
        app()
    except IbkrSyncError as error:
        if debug:
            traceback.print_exc()
        code = report_error(output, error)
    except RunInterrupted as interruption:
        output.complain("Stopped. What was complete is stored, nothing else.", None)
        code = 128 + interruption.signal_number
    except Exception as error:  # noqa: BLE001 - the last resort: no traceback unless asked for
        if debug:
            traceback.print_exc()
        output.complain(
            f"Unexpected: {type(error).__name__}.", "Add --debug for details, and please report it."
        )
        code = ExitCode.UNEXPECTED
    sys.exit(code)


def _interrupt(signal_number: int, _frame: FrameType | None) -> NoReturn:
    raise RunInterrupted(signal_number)


if __name__ == "__main__":
    main()
