"""Entry point: runs the application and turns whatever ends it into an exit code.

Little is imported above, so that a signal is heeded from the first moment on.
"""

from __future__ import annotations

import gc
import io
import os
import signal
import sys
from types import FrameType
from typing import NoReturn

from ibkr_sync.domain.errors import IbkrSyncError, RunInterrupted

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_OWNER_ALONE = 0o077
_NO_COLOR = "--no-color"
_OBJECTS_PER_COLLECTION = 50_000
"""Python looks for garbage after every 700 new objects; those of modules are none."""


def main() -> NoReturn:
    """Run one call of the command line."""
    for signal_number in _SIGNALS:
        signal.signal(signal_number, _interrupt)
    gc.set_threshold(_OBJECTS_PER_COLLECTION)
    os.umask(_OWNER_ALONE)
    _mend_streams()
    try:
        code = _run()
    except RunInterrupted as interruption:
        from ibkr_sync_cli.output import Output

        output = Output(color=_NO_COLOR not in sys.argv)
        output.complain("Stopped. What was complete is stored, nothing else.", None)
        code = 128 + interruption.signal_number
    finally:
        # On its way out the interpreter would look through all that was loaded, for a tenth
        # of a second.
        gc.freeze()
    sys.exit(code)


def _run() -> int:
    import traceback

    from ibkr_sync_cli.app import app
    from ibkr_sync_cli.errors import ExitCode
    from ibkr_sync_cli.output import Output
    from ibkr_sync_cli.reporting import report_error

    debug = "--debug" in sys.argv
    output = Output(color=_NO_COLOR not in sys.argv)
    if not output.color:
        from typer import rich_utils

        rich_utils.COLOR_SYSTEM = None  # help and usage errors are typer's
    try:
        app()
    except IbkrSyncError as error:
        if debug:
            traceback.print_exc()
        return report_error(output, error)
    except Exception as error:  # noqa: BLE001 - the last resort: no traceback unless asked for
        if debug:
            traceback.print_exc()
        output.complain(
            f"Unexpected: {type(error).__name__}.", "Add --debug for details, and please report it."
        )
        return ExitCode.UNEXPECTED
    return ExitCode.OK


def _mend_streams() -> None:
    """Make writing safe where a stream is closed, or its encoding knows few characters."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _interrupt(signal_number: int, _frame: FrameType | None) -> NoReturn:
    for each in _SIGNALS:
        signal.signal(each, signal.SIG_DFL)  # a second one ends the process at once
    raise RunInterrupted(signal_number)


if __name__ == "__main__":
    main()
