"""A file that lists products, or stdin, and what its lines mean."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ibkr_sync.application.services.watching.watchlist_import import WatchlistImport
from ibkr_sync.interchange.watchlist_file import read_watchlist, watchlist_text
from ibkr_sync_cli.messages.errors import explain_error

if TYPE_CHECKING:
    from ibkr_sync.application.services.watching.watchlist import WatchlistMatch, WatchlistService
    from ibkr_sync.domain.errors import IbkrSyncError

STDIN = "-"


def read_import(file: str) -> str:
    """The text of a file, or of stdin for `-`; raises WatchlistFileError."""
    return watchlist_text(_name(file), _stdin if file == STDIN else lambda: Path(file).open("rb"))


def find_imported(
    file: str,
    text: str,
    service: WatchlistService,
    group: str | None,
    show: Callable[[str, int, int], None],
) -> list[WatchlistMatch]:
    """What the lines mean; `group` is for lines that name none, `show` shows how far it is.

    Raises WatchlistFileError with all that is wrong, or StorageError.
    """
    found = WatchlistImport(
        service, _sentence, lambda done, total: show("Looking up names", done, total)
    )
    return found.find(_name(file), *read_watchlist(text), group)


def _sentence(error: IbkrSyncError) -> str:
    return explain_error(error).sentence


def _stdin() -> AbstractContextManager[BinaryIO]:
    if sys.stdin is None:  # as it is where a program was started without one
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    return nullcontext(sys.stdin.buffer)


def _name(file: str) -> str:
    return "stdin" if file == STDIN else file
