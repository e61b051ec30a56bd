"""The text of a list of products to import into the watchlist, line by line.

Two forms are ours, both with `#` before what is a comment, and parted by commas, tabs or `;`:

    ES                  a product by any of its names, and after a comma maybe the
    CL@NYMEX,night      group it is to be in

    symbol,exchange,trading_class,currency,multiplier,group      or a header that has `symbol` in
    DAX,EUREX,FDAX,,25,night                                     it, and then values

The tables that `watchlist list` and `list` write are of the second form. Lists of other programs:

    ES,NQ,CL                             one line of products
    ###INDEX,CME_MINI:ES1!,CME:NQ1!      TradingView: sections, which are groups
    DES,ES,FUT,CME                       TWS, beside lines about its layout
    Instrument,IBSymbol,IBExchange,…     pysystemtrade's table of contracts at IBKR
"""

from __future__ import annotations

import csv
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import BinaryIO

from ibkr_sync.domain.errors import MalformedSymbolError, WatchlistFileError
from ibkr_sync.domain.naming.spellings import parse_multiplier
from ibkr_sync.domain.naming.watchlist_line import WatchlistLine, WatchlistLineProblem
from ibkr_sync.interchange.formula_safety import restore_formula

MAX_LINES = 10_000
"""More than sixteen times the futures products of all exchanges that IBKR offers."""

_MAX_BYTES = 1 << 20
_MOST_PLAIN_CELLS = 2
_LONGEST_GROUP = 32
_FIELDS = ("symbol", "exchange", "trading_class", "currency", "multiplier", "group")
_OF_OUR_TABLES = frozenset(
    ("asset_class", "category", "name", "listed", "next_expiry", "added_at", "synced_at", "origin")
)
_OF_PYSYSTEMTRADE = {
    "ibsymbol": "symbol",
    "ibexchange": "exchange",
    "ibcurrency": "currency",
    "ibmultiplier": "multiplier",
    **dict.fromkeys(("instrument", "pricemagnifier", "ignoreweekly"), "name"),
}
"""Its columns by ours; what a list of products does not need is as a name."""

_NO_VALUE = "NA"
_OF_TWS = frozenset(("DES", "HED", "COLUMN", "BLANK"))
_SECTION = "###"
_NO_GROUP = re.compile(r"[^a-z0-9._-]+")
_BYTE_ORDER_MARK = "\ufeff"
_LINE_END = re.compile(r"\r\n|\r|\n")


def watchlist_text(name: str, opened: Callable[[], AbstractContextManager[BinaryIO]]) -> str:
    """The text of a file, in UTF-8 or UTF-16; raises WatchlistFileError, which has its name."""
    try:
        with opened() as stream:
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


def read_watchlist(text: str) -> tuple[tuple[WatchlistLine, ...], tuple[WatchlistLineProblem, ...]]:
    """Give the products that the lines name, and all that is wrong with other lines."""
    lines = _LINE_END.split(text.removeprefix(_BYTE_ORDER_MARK))
    if len(lines) > MAX_LINES:
        message = f"these are {len(lines)} lines, which is no list of products"
        return (), (WatchlistLineProblem(number=MAX_LINES + 1, message=message),)
    read = list(_read_lines(list(enumerate(lines, 1))))
    return (
        tuple(line for line in read if isinstance(line, WatchlistLine)),
        tuple(line for line in read if isinstance(line, WatchlistLineProblem)),
    )


_Numbered = tuple[int, str]


def _read_lines(numbered: Sequence[_Numbered]) -> Iterator[WatchlistLine | WatchlistLineProblem]:
    if any(line.startswith(_SECTION) for _, line in numbered):
        return _read_sections(numbered)
    bare = ((number, line.partition("#")[0].strip(" ")) for number, line in numbered)
    filled = [(number, line) for number, line in bare if line.strip()]
    firsts = {_plain_cells(line)[0] for _, line in filled if len(_plain_cells(line)) > 1}
    if firsts & _OF_TWS:
        return _read_tws(filled)
    if _is_header(filled):
        return _read_table(filled)
    if len(filled) == 1 and len(_plain_cells(filled[0][1])) > _MOST_PLAIN_CELLS:
        number, line = filled[0]
        return (
            WatchlistLine(number=number, symbol=cell, is_guessed=True)
            for cell in filter(None, _plain_cells(line))
        )
    return map(_read_plain, filled)


def _plain_cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"[,;\t]", line)]


def _read_sections(numbered: Sequence[_Numbered]) -> Iterator[WatchlistLine]:
    """A list of TradingView, in one line or several."""
    group: str | None = None
    for number, line in numbered:
        for cell in filter(None, _plain_cells(line)):
            if cell.startswith(_SECTION):
                name = _NO_GROUP.sub("-", cell.removeprefix(_SECTION).lower()).strip("-._")
                group = name[:_LONGEST_GROUP] or None
            else:
                yield WatchlistLine(number=number, symbol=cell, group=group)


def _read_tws(filled: Sequence[_Numbered]) -> Iterator[WatchlistLine | WatchlistLineProblem]:
    """A watchlist of TWS; what its lines say of layout is passed over."""
    for number, line in filled:
        kind, *cells = _plain_cells(line)
        symbol, sec_type, exchange, *_ = [*cells, "", "", ""]
        if kind == "DES" and sec_type == "FUT" and symbol:
            listing = exchange.rpartition("/")[2] or None
            yield WatchlistLine(number=number, symbol=symbol, exchange=listing)
        elif kind == "DES":
            message = f"it is of type {sec_type or 'unknown'}, and a list is of futures products"
            yield WatchlistLineProblem(number=number, message=message)
        elif kind not in _OF_TWS:
            message = f"{kind!r} is no line of a watchlist of TWS"
            yield WatchlistLineProblem(number=number, message=message)


def _is_header(filled: Sequence[_Numbered]) -> bool:
    """Whether the first line has `symbol` in it, or is nothing but names of other columns."""
    if not filled:
        return False
    names = _names(filled[0][1])
    are_columns = len(names) > 1 and all(
        name in _FIELDS or name in _OF_OUR_TABLES for name in names
    )
    return "symbol" in names or are_columns


def _names(header: str) -> list[str]:
    names = [cell.strip().lower() for cell in _cells(header, _delimiter(header)) or ()]
    is_foreign = "ibsymbol" in names
    return [_OF_PYSYSTEMTRADE.get(name, name) if is_foreign else name for name in names]


def _delimiter(header: str) -> str:
    return next((number for number in "\t;" if number in header), ",")


def _cells(line: str, delimiter: str) -> list[str] | None:
    """The cells of one line of CSV; None when a quote in it is not closed."""
    try:
        (cells,) = csv.reader([line], delimiter=delimiter, strict=True)
    except csv.Error:
        return None
    return cells


def _read_plain(numbered: _Numbered) -> WatchlistLine | WatchlistLineProblem:
    number, line = numbered
    symbol, *more = _plain_cells(line)
    if not symbol:
        return WatchlistLineProblem(number=number, message="there is no product before the comma")
    if len(more) > 1:
        message = "it has more than a product and its group; write a header line for more"
        return WatchlistLineProblem(number=number, message=message)
    return WatchlistLine(number=number, symbol=symbol, group=(more or [""])[0] or None)


def _read_table(filled: Sequence[_Numbered]) -> Iterator[WatchlistLine | WatchlistLineProblem]:
    (number, header), *rows = filled
    names = _names(header)
    wrong = [name for name in names if name not in _FIELDS and name not in _OF_OUR_TABLES]
    twice = sorted({name for name in names if name in _FIELDS and names.count(name) > 1})
    yield from (
        WatchlistLineProblem(
            number=number, message=f"there is no column {text!r}; there are {', '.join(_FIELDS)}"
        )
        for text in wrong
    )
    yield from (
        WatchlistLineProblem(number=number, message=f"the column {text!r} is there twice")
        for text in twice
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
    symbol = values.pop("symbol")
    values = {name: value for name, value in values.items() if value not in ("", _NO_VALUE)}
    try:
        multiplier = parse_multiplier(values["multiplier"]) if "multiplier" in values else None
    except MalformedSymbolError as error:
        return WatchlistLineProblem(number=number, message=str(error))
    return WatchlistLine(
        number=number,
        symbol=symbol,
        exchange=values.get("exchange"),
        trading_class=values.get("trading_class"),
        currency=values.get("currency"),
        multiplier=multiplier,
        group=values.get("group"),
    )
