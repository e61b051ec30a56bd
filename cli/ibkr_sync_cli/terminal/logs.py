"""Where the log goes: stderr, and a file when one is named."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ibkr_sync.config.masking import printable
from ibkr_sync.domain.runs.run_in_progress import run_in_progress

if TYPE_CHECKING:
    from ibkr_sync.config.settings import LogSettings

_LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)


class TextLines(logging.Formatter):
    """A line for people, with the run it belongs to, then the traceback if it is wanted."""

    def __init__(self, *, tracebacks: bool) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._tracebacks = tracebacks

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """Write a record as text that a terminal takes for nothing else."""
        run = run_in_progress()
        line = super().formatMessage(record)
        return printable(line if run is None else f"{line} [run {run.run_id}]")

    def formatException(self, ei: Any) -> str:  # noqa: ANN401, N802 - logging's names
        """Write a traceback, or nothing."""
        return super().formatException(ei) if self._tracebacks else ""


class JsonLines(logging.Formatter):
    """One JSON object per line; `at` is UTC, `run` the run that is being recorded, if any."""

    def __init__(self, *, tracebacks: bool) -> None:
        super().__init__()
        self._tracebacks = tracebacks

    def format(self, record: logging.LogRecord) -> str:
        """Write a record as JSON."""
        entry: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        run = run_in_progress()
        if run is not None:
            entry["run"] = run.run_id
        if record.exc_info and self._tracebacks:
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry)


class NoInterruptions(logging.Filter):
    """Leaves out what a library says of being interrupted: it takes a signal for a failure."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is kept."""
        from ibkr_sync.domain.errors import RunInterrupted

        error = record.exc_info[1] if record.exc_info else None
        return not isinstance(error, RunInterrupted)


def log_to_stderr(*, verbosity: int, quiet: bool, log_format: str | None, debug: bool) -> None:
    """Log warnings to stderr, more with each -v; text on a terminal, JSON lines otherwise.

    Tracebacks are shown for `debug` only.
    """
    level = logging.ERROR if quiet else _LEVELS[min(verbosity, len(_LEVELS) - 1)]
    handler = logging.StreamHandler()
    handler.setLevel(level)
    handler.setFormatter(_formatter(log_format, is_terminal=sys.stderr.isatty(), tracebacks=debug))
    handler.addFilter(NoInterruptions())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    # ibapi logs every frame at INFO, account ids among them.
    logging.getLogger("ibapi").setLevel(logging.ERROR)


def log_to_file(settings: LogSettings) -> None:
    """Also log to the file that the settings name; information and above, with tracebacks.

    Raises OSError when it can't be written.
    """
    if settings.file is None:
        return
    handler = logging.FileHandler(settings.file, encoding="utf-8")
    handler.setFormatter(_formatter(settings.format, is_terminal=False, tracebacks=True))
    handler.setLevel(logging.INFO)
    handler.addFilter(NoInterruptions())
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(min(root.level, logging.INFO))
    logging.raiseExceptions = False  # a full disk under the log does not bury the result


def _formatter(log_format: str | None, *, is_terminal: bool, tracebacks: bool) -> logging.Formatter:
    as_text = log_format == "text" or (log_format in (None, "auto") and is_terminal)
    return TextLines(tracebacks=tracebacks) if as_text else JsonLines(tracebacks=tracebacks)
