"""Reading a text file that a user names: a regular one, of bounded size, in UTF-8."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ibkr_sync.domain.errors import IbkrSyncError


def read_text_file(
    path: Path, error: Callable[[str, str | None, str], IbkrSyncError], *, max_bytes: int
) -> str:
    """The whole text of a file, without its byte order mark.

    Raises the `error` of its path, the place in it if there is one, and what is wrong there.
    """
    try:
        if path.exists() and not path.is_file():  # a FIFO would block when it is opened
            raise error(str(path), None, "is no regular file")
        with path.open("rb") as file:
            content = file.read(max_bytes + 1)
    except (OSError, ValueError) as failure:  # ValueError: a NUL in the path
        reason = failure.strerror if isinstance(failure, OSError) else None
        raise error(str(path), None, reason or str(failure)) from failure
    if len(content) > max_bytes:
        raise error(str(path), None, f"is larger than {max_bytes // 1024**2} MiB")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as failure:
        line = content.count(b"\n", 0, failure.start) + 1
        raise error(str(path), f"line {line}", "is not UTF-8 text") from failure
