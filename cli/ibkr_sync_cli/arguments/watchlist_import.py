"""From a file that lists products to what its lines mean, with every problem in it."""

from __future__ import annotations

import errno
import os
import sys
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ibkr_sync.domain.errors import (
    AmbiguousProductError,
    MalformedSymbolError,
    NotWatchableError,
    ProductLookupError,
    WatchlistFileError,
)
from ibkr_sync.domain.naming.limits import Limits
from ibkr_sync.interchange.watchlist_file import WatchlistLine, WatchlistLineProblem, read_watchlist
from ibkr_sync_cli.messages.errors import explain_error

if TYPE_CHECKING:
    from ibkr_sync.application.services.watchlist import WatchlistMatch, WatchlistService

STDIN = "-"
_MAX_BYTES = 1 << 20
_AT_ONCE = 32
"""So many lines are looked up in the database at once."""


def read_import(file: str) -> str:
    """The text of a file, or of stdin for `-`; raises WatchlistFileError."""
    name = _name(file)
    try:
        if file == STDIN:
            content = _stdin().read(_MAX_BYTES + 1)
        else:
            with Path(file).open("rb") as stream:
                content = stream.read(_MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise WatchlistFileError(name, [f"it can't be read: {reason}"]) from error
    if len(content) > _MAX_BYTES:
        raise WatchlistFileError(name, ["it is larger than a list of products can be"])
    encoding = "utf-16" if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        sentences = f"line {line}: it is no text in {encoding.removesuffix('-sig').upper()}"
        raise WatchlistFileError(name, [sentences]) from error


def _stdin() -> BinaryIO:
    if sys.stdin is None:  # as it is where a program was started without one
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    return sys.stdin.buffer


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
    lines, unreadable = read_watchlist(text)
    problems = list(unreadable)
    matches: list[WatchlistMatch] = []
    for done, line in enumerate(lines):
        show("Looking up names", done, len(lines))
        if done % _AT_ONCE == 0:
            service.look_up(other.symbol for other in lines[done : done + _AT_ONCE])
        found = _match(line, service, group)
        if isinstance(found, WatchlistLineProblem):
            problems.append(found)
        else:
            matches.append(found)
    if not lines and not problems:
        raise WatchlistFileError(_name(file), ["there is no product in it"])
    if problems:
        sentences = sorted(problems, key=lambda item: item.number)
        raise WatchlistFileError(_name(file), [str(problem) for problem in sentences])
    return matches


def _match(
    line: WatchlistLine, service: WatchlistService, group: str | None
) -> WatchlistMatch | WatchlistLineProblem:
    try:
        limits = Limits(
            exchange=line.exchange,
            currency=line.currency,
            trading_class=line.trading_class,
            multiplier=line.multiplier,
        )
        matches = service.match(line.symbol, limits, group=line.group or group)
    except (MalformedSymbolError, ProductLookupError) as error:
        return WatchlistLineProblem(number=line.number, message=" ".join(_sentences(error)))
    if matches.found.contract is not None:
        message = f"{line.symbol} is a contract, and a list is of products: {matches.product}"
        return WatchlistLineProblem(number=line.number, message=message)
    if line.is_guessed and not matches.is_known:
        message = f"{line.symbol} is no product that is known, as all in a line of several must be"
        return WatchlistLineProblem(number=line.number, message=message)
    return matches


def _sentences(error: MalformedSymbolError | ProductLookupError) -> Iterator[str]:
    if isinstance(error, AmbiguousProductError):
        yield f"{error};"
        yield "a CSV with a column exchange, trading_class or multiplier can say which"
    else:
        yield explain_error(error).sentence.removesuffix(".")
        if isinstance(error, NotWatchableError) and error.suggestions:
            names = (str(product.key) for product in error.suggestions)
            yield f"(did you mean {' or '.join(names)}?)"


def _name(file: str) -> str:
    return "stdin" if file == STDIN else file
