"""Log handlers that write a bounded amount: what a gateway makes us log can't fill a disk."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from typing import TextIO

MAX_BYTES = 8 * 1024 * 1024
"""What a log may grow by in one call of the command."""

MAX_BYTES_ALIKE = 1024 * 1024
"""What messages of one wording may take of that: some thousands of them."""

_BYTES_OF_A_LINE = 200
_BYTES_OF_A_TRACEBACK = 10_000
_MAX_WORDINGS = 500

_OTHERS = ("", "others")


class LogAllowance:
    """Admits messages until they, or those of their wording, have become too many."""

    def __init__(self) -> None:
        self._taken: Counter[tuple[str, str]] = Counter()
        self._dropped: Counter[tuple[str, str]] = Counter()

    def admits(self, record: logging.LogRecord) -> bool:
        """Whether a message is to be written; else it is counted."""
        wording = (record.name, str(record.msg))
        if wording not in self._taken and len(self._taken) >= _MAX_WORDINGS:
            wording = _OTHERS
        size = _size(record)
        if self._taken[wording] + size > MAX_BYTES_ALIKE or self._taken.total() + size > MAX_BYTES:
            self._dropped[wording] += 1
            return False
        self._taken[wording] += size
        return True

    def summaries(self) -> Iterator[logging.LogRecord]:
        """What was not written, as one message for each wording; then it is forgotten."""
        for (name, wording), count in self._dropped.items():
            yield logging.LogRecord(
                name or __name__,
                logging.WARNING,
                __file__,
                0,
                "%d more messages were not logged: %s",
                (count, wording[:_BYTES_OF_A_LINE]),
                None,
            )
        self._dropped.clear()


class _Bounded(logging.Handler):
    """Writes no more than is allowed, and at its end how much it has not written."""

    _allowance: LogAllowance

    def emit(self, record: logging.LogRecord) -> None:
        """Write a message, unless there were too many."""
        if self._allowance.admits(record):
            super().emit(record)

    def close(self) -> None:
        """Summarise what was not written."""
        for summary in self._allowance.summaries():
            super().emit(summary)
        super().close()


class BoundedStreamHandler(_Bounded, logging.StreamHandler[TextIO]):
    """Writes to stderr."""

    def __init__(self) -> None:
        super().__init__()
        self._allowance = LogAllowance()


class BoundedFileHandler(_Bounded, logging.FileHandler):
    """Appends to a file."""

    def __init__(self, path: str) -> None:
        super().__init__(path, encoding="utf-8")
        self._allowance = LogAllowance()


def _size(record: logging.LogRecord) -> int:
    """About how many bytes a message takes at most, escaped as JSON does."""
    text = record.getMessage()
    escaped = len(text) if text.isascii() and text.isprintable() else len(text) * 12
    return escaped + _BYTES_OF_A_LINE + (_BYTES_OF_A_TRACEBACK if record.exc_info else 0)
