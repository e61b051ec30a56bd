"""The text of a list of products to import into the watchlist, line by line.

Two forms are understood, both with `#` before what is a comment:

    ES                  a product by any of its names, and after a comma or a tab maybe the
    CL@NYMEX,night      group it is to be in

    symbol,exchange,trading_class,currency,group      or a header that has `symbol` in it, and
    DAX,EUREX,FDAX,,night                             then values, parted as the header is

The tables that `watchlist list` and `list` write are of the second form.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ibkr_sync.interchange.formula_safety import restore_formula

MAX_LINES = 10_000
"""More than sixteen times the futures products of all exchanges that IBKR offers."""

_FIELDS = ("symbol", "exchange", "trading_class", "currency", "group")
_OF_OUR_TABLES = frozenset(
    ("asset_class", "category", "name", "listed", "next_expiry", "added_at", "synced_at", "origin")
)
_BYTE_ORDER_MARK = "\ufeff"
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchlistLine:
    """A product as a line names it; `number` counts lines from 1."""

    number: int
    symbol: str
    exchange: str | None = None
    trading_class: str | None = None
    currency: str | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchlistLineProblem:
    """What is wrong with a line."""

    number: int
    message: str

    def __str__(self) -> str:
        return f"line {self.number}: {self.message}"


def read_watchlist(text: str) -> tuple[tuple[WatchlistLine, ...], tuple[WatchlistLineProblem, ...]]:
    """Give the products that the lines name, and all that is wrong with other lines."""
    lines = _LINE_END.split(text.removeprefix(_BYTE_ORDER_MARK))
    if len(lines) > MAX_LINES:
        message = f"these are {len(lines)} lines, which is no list of products"
        return (), (WatchlistLineProblem(number=MAX_LINES + 1, message=message),)
    bare = ((number, line.partition("#")[0].strip(" ")) for number, line in enumerate(lines, 1))
    filled = [(number, line) for number, line in bare if line.strip()]
    read = list(_read_table(filled) if _is_header(filled) else map(_read_plain, filled))
    return (
        tuple(each for each in read if isinstance(each, WatchlistLine)),
        tuple(each for each in read if isinstance(each, WatchlistLineProblem)),
    )


_Numbered = tuple[int, str]


def _is_header(filled: Sequence[_Numbered]) -> bool:
    """Whether the first line has `symbol` in it, or is nothing but names of other columns."""
    if not filled:
        return False
    names = _names(filled[0][1])
    are_columns = len(names) > 1 and all(
        each in _FIELDS or each in _OF_OUR_TABLES for each in names
    )
    return "symbol" in names or are_columns


def _names(header: str) -> list[str]:
    return [cell.strip().lower() for cell in _cells(header, _delimiter(header)) or ()]


def _delimiter(header: str) -> str:
    return "\t" if "\t" in header else ","


def _cells(line: str, delimiter: str) -> list[str] | None:
    """The cells of one line of CSV; None when a quote in it is not closed."""
    try:
        (cells,) = csv.reader([line], delimiter=delimiter, strict=True)
    except csv.Error:
        return None
    return cells


def _read_plain(numbered: _Numbered) -> WatchlistLine | WatchlistLineProblem:
    number, line = numbered
    cells = [cell.strip() for cell in line.replace("\t", ",").split(",")]
    symbol, *more = cells
    if not symbol:
        return WatchlistLineProblem(number=number, message="there is no product before the comma")
    if len(more) > 1:
        message = "it has more than a product and its group; write a header line for more"
        return WatchlistLineProblem(number=number, message=message)
    return WatchlistLine(number=number, symbol=symbol, group=(more or [""])[0] or None)


def _read_table(filled: Sequence[_Numbered]) -> Iterator[WatchlistLine | WatchlistLineProblem]:
    (number, header), *rows = filled
    names = _names(header)
    wrong = [each for each in names if each not in _FIELDS and each not in _OF_OUR_TABLES]
    twice = sorted({each for each in names if names.count(each) > 1})
    yield from (
        WatchlistLineProblem(
            number=number, message=f"there is no column {each!r}; there are {', '.join(_FIELDS)}"
        )
        for each in wrong
    )
    yield from (
        WatchlistLineProblem(number=number, message=f"the column {each!r} is there twice")
        for each in twice
    )
    if "symbol" not in names:
        yield WatchlistLineProblem(number=number, message="the header has no column 'symbol'")
    elif not wrong and not twice:
        yield from (_read_row(row, names, _delimiter(header)) for row in rows)


def _read_row(
    numbered: _Numbered, names: Sequence[str], delimiter: str
) -> WatchlistLine | WatchlistLineProblem:
    number, line = numbered
    cells = _cells(line, delimiter)
    if cells is None:
        return WatchlistLineProblem(number=number, message="a quote in it is not closed")
    if len(cells) > len(names):
        message = f"it has {len(cells)} values for {len(names)} columns"
        return WatchlistLineProblem(number=number, message=message)
    values = dict(zip(names, (restore_formula(cell.strip()) for cell in cells), strict=False))
    if not values.get("symbol"):
        return WatchlistLineProblem(number=number, message="it has no symbol")
    fields = {name: values.get(name) or None for name in _FIELDS if name != "symbol"}
    return WatchlistLine(number=number, symbol=values["symbol"], **fields)
