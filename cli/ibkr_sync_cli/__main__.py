"""Entry point: runs the application and turns whatever ends it into an exit code.

Nothing is imported above but what is needed to heed signals, which can come at any moment.
"""

from __future__ import annotations

import gc
import signal
import sys

TYPE_CHECKING = False  # typing's own would be imported, while Ctrl-C is still Python's
if TYPE_CHECKING:
    from sys import UnraisableHookArgs
    from types import FrameType
    from typing import NoReturn

_NO_COLOR = "--no-color"
_OWNER_ALONE = 0o077
SOON = 0.01
"""Seconds after which an interruption is tried again."""

OBJECTS_PER_COLLECTION = 200_000
"""Python looks for garbage after 700 new objects; loading makes 100,000 that are none."""


def main() -> NoReturn:
    """Run one call of the command line."""
    signals = StopSignals()
    signals.end_the_process()  # as long as there is nothing to tidy up
    gc.set_threshold(OBJECTS_PER_COLLECTION)
    import os

    from ibkr_sync_cli.completion.asked import answer_shell

    if (answered := answer_shell(os.environ)) is not None:
        sys.exit(answered)

    from ibkr_sync.domain.errors import RunInterrupted

    os.umask(_OWNER_ALONE)
    _mend_streams()
    signals.interrupt_the_run()
    try:
        code = _run(signals)
    except RunInterrupted as interruption:
        from ibkr_sync_cli.terminal.output import Output

        output = Output(color=_NO_COLOR not in sys.argv)
        output.complain("Stopped. What was complete is stored, nothing else.", None)
        code = 128 + interruption.signal_number
    finally:
        signals.end_the_process()  # there is nothing to tidy up any more
        signal.setitimer(signal.ITIMER_REAL, 0)
        # Else the interpreter, on its way out, looks for garbage in all that was loaded:
        # a fifth of the whole call.
        gc.freeze()
    sys.exit(code)


class StopSignals:
    """SIGINT and SIGTERM: the first one interrupts the run, a second one ends the process.

    What is raised while a module is loaded may keep other threads from ever loading any, so an
    interruption waits for the end of that; one that Python had to swallow is tried again.

    `received` keeps the first one's number, as a library may turn the interruption into an
    error of its own (pydantic does, while it is imported).
    """

    def __init__(self) -> None:
        self.received: int | None = None

    def end_the_process(self) -> None:
        """Let them end the process at once, from now on."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)

    def interrupt_the_run(self) -> None:
        """Let the next one raise RunInterrupted in the main thread."""
        sys.unraisablehook = self._try_again
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._interrupt)

    def _interrupt(self, signal_number: int, frame: FrameType | None) -> None:
        from ibkr_sync.domain.errors import RunInterrupted

        self.received = signal_number
        self.end_the_process()
        if not _is_loading(frame):
            raise RunInterrupted(signal_number)
        self._interrupt_soon(signal_number)

    def _try_again(self, swallowed: UnraisableHookArgs) -> None:
        from ibkr_sync.domain.errors import RunInterrupted

        if isinstance(swallowed.exc_value, RunInterrupted):
            self._interrupt_soon(swallowed.exc_value.signal_number)
        else:
            sys.__unraisablehook__(swallowed)

    def _interrupt_soon(self, signal_number: int) -> None:
        signal.signal(signal.SIGALRM, lambda _, frame: self._interrupt(signal_number, frame))
        signal.setitimer(signal.ITIMER_REAL, SOON)


def _is_loading(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib."):
            return True
        frame = frame.f_back
    return False


def _run(signals: StopSignals) -> int:
    from typer import TyperException

    from ibkr_sync.domain.errors import IbkrSyncError, RunInterrupted
    from ibkr_sync_cli.messages.exit_codes import ExitCode
    from ibkr_sync_cli.terminal.output import Output

    debug = "--debug" in sys.argv
    output = Output(color=_NO_COLOR not in sys.argv)
    try:
        from ibkr_sync_cli.app import app

        return app(obj=output, standalone_mode=False) or ExitCode.OK
    except TyperException as refusal:
        from ibkr_sync_cli.messages.usage_errors import usage_next_step, usage_sentence

        output.complain(usage_sentence(refusal), usage_next_step(refusal))
        return ExitCode.USAGE
    except Exception as error:
        if signals.received is not None:
            raise RunInterrupted(signals.received) from error
        if debug:
            _print_traceback()
        if isinstance(error, IbkrSyncError):
            from ibkr_sync_cli.reports.errors import report_error

            return report_error(output, error)
        output.complain(
            f"Unexpected: {type(error).__name__}.", "Add --debug for details, and please report it."
        )
        return ExitCode.UNEXPECTED


def _print_traceback() -> None:
    import traceback

    from ibkr_sync.domain.untrusted_text import harmless_text

    sys.stderr.write(harmless_text(traceback.format_exc()))


def _mend_streams() -> None:
    """Make writing safe where a stream is closed, or its encoding knows few characters."""
    import io
    import os

    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            # Open until the process ends, and without loading pathlib.
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    main()
