"""Where the log goes: stderr, and a file when one is named."""

from __future__ import annotations

import json
import logging
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ibkr_sync.config.safe_text import safe_text
from ibkr_sync.domain.untrusted_text import harmless_text
from ibkr_sync_cli.terminal.bounded_logs import BoundedFileHandler, BoundedStreamHandler

if TYPE_CHECKING:
    from ibkr_sync.config.settings import LogSettings
    from ibkr_sync.domain.runs.sync_policy import SyncRun

_LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)


@dataclass(slots=True)
class LoggedRun:
    """The run that a call of the command line has opened; whatever it logs then belongs to it."""

    run_id: int | None = None

    def note(self, run: SyncRun) -> None:
        """Remember the run, now that it is open."""
        self.run_id = run.run_id


class TextLogFormatter(logging.Formatter):
    """A line for people, with the run it belongs to, then the traceback if it is wanted."""

    def __init__(self, run: LoggedRun, *, tracebacks: bool) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._run = run
        self._tracebacks = tracebacks

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """Write a record as text that a terminal takes for nothing else."""
        line = super().formatMessage(record)
        run_id = self._run.run_id
        return safe_text(line if run_id is None else f"{line} [run {run_id}]")

    def formatException(self, ei: Any) -> str:  # noqa: ANN401, N802 - logging's names
        """Write a traceback, or nothing."""
        return harmless_text(super().formatException(ei)) if self._tracebacks else ""


class JsonLogFormatter(logging.Formatter):
    """One JSON object per line; `at` is UTC, `run` the run that was opened, if any."""

    def __init__(self, run: LoggedRun, *, tracebacks: bool) -> None:
        super().__init__()
        self._run = run
        self._tracebacks = tracebacks

    def format(self, record: logging.LogRecord) -> str:
        """Write a record as JSON."""
        entry: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if self._run.run_id is not None:
            entry["run"] = self._run.run_id
        if record.exc_info and self._tracebacks:
            entry["traceback"] = self.formatException(record.exc_info)
        return harmless_text(json.dumps(entry))


class InterruptionLogFilter(logging.Filter):
    """Leaves out what a library says of being interrupted: it takes a signal for a failure."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is kept."""
        from ibkr_sync.domain.errors import RunInterrupted

        error = record.exc_info[1] if record.exc_info else None
        return not isinstance(error, RunInterrupted)


def log_to_stderr(
    run: LoggedRun, *, verbosity: int, quiet: bool, log_format: str | None, debug: bool
) -> None:
    """Log warnings to stderr, more with each -v; text on a terminal, JSON lines otherwise.

    Tracebacks are shown for `debug` only.
    """
    level = logging.ERROR if quiet else _LEVELS[min(verbosity, len(_LEVELS) - 1)]
    handler = BoundedStreamHandler()
    handler.setLevel(level)
    is_terminal = sys.stderr.isatty()
    handler.setFormatter(_formatter(run, log_format, is_terminal=is_terminal, tracebacks=debug))
    handler.addFilter(InterruptionLogFilter())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    # ibapi logs every frame at INFO, account ids among them.
    logging.getLogger("ibapi").setLevel(logging.ERROR)


def log_to_file(run: LoggedRun, settings: LogSettings) -> None:
    """Also log to the file that the settings name; information and above, with tracebacks.

    Raises OSError when it can't be written.
    """
    if settings.file is None:
        return
    handler = BoundedFileHandler(settings.file)
    handler.setFormatter(_formatter(run, settings.format, is_terminal=False, tracebacks=True))
    handler.setLevel(logging.INFO)
    handler.addFilter(InterruptionLogFilter())
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(min(root.level, logging.INFO))
    logging.raiseExceptions = False  # a full disk under the log does not bury the result


def _formatter(
    run: LoggedRun, log_format: str | None, *, is_terminal: bool, tracebacks: bool
) -> logging.Formatter:
    as_text = log_format == "text" or (log_format in (None, "auto") and is_terminal)
    lines = TextLogFormatter if as_text else JsonLogFormatter
    return lines(run, tracebacks=tracebacks)
