"""The text of `ib_config_futures.csv`, as pandas reads it, with the place of each cell.

pysystemtrade reads it with `pd.read_csv` and no options: texts like `NA` are as empty cells, blank
lines are skipped, a row with more cells than the header is refused (fa1f482). It knows no comments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

COLUMNS: Final = (
    *("Instrument", "IBSymbol", "IBExchange", "IBCurrency", "IBMultiplier", "priceMagnifier"),
    "IgnoreWeekly",
)
"""What pysystemtrade looks for; the table may have others."""

MAX_BYTES: Final = 4 * 1024 * 1024
"""About a hundred times the table that ships with pysystemtrade."""

_MISSING: Final = frozenset(
    (
        *("", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND"),
        *("1.#QNAN", "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"),
    )
)
"""What pandas takes for a missing value."""

_CELL = re.compile(r'(?:"((?:[^"]|"")*+)"|([^,"\r\n][^,\r\n]*+|))(,|\r\n|\n|\r|\Z)')
_NOTE = "#"
"""What people begin a line with that is no row; pandas takes it for one."""

_NEEDS_QUOTES = re.compile(r'[,"\r\n]')


class ConfigTableError(ValueError):
    """The text is no such table; `line` counts from 1."""

    def __init__(self, line: int, detail: str) -> None:
        self.line = line
        self.detail = detail
        super().__init__(f"line {line}: {detail}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cell:
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigRow:
    """A row of the table.

    Attributes:
        line: the line that it begins on, from 1.
        cells: what it has in each column of `COLUMNS`, None for what pandas takes for missing.
    """

    line: int
    cells: Mapping[str, str | None]
    spans: Mapping[str, tuple[int, int]]

    def __getitem__(self, column: str) -> str | None:
        """What it has in a column."""
        return self.cells[column]

    @property
    def is_note(self) -> bool:
        """Whether its line is written as a comment."""
        return (self["Instrument"] or "").startswith(_NOTE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigTable:
    """The table, with its text as it stands."""

    text: str
    rows: tuple[ConfigRow, ...]

    def corrected(self, values: Mapping[tuple[int, str], str]) -> str:
        """The text with other values, by line and column; everything else is as it was."""
        spans = sorted(
            (*row.spans[column], values[row.line, column])
            for row in self.rows
            for column in COLUMNS
            if (row.line, column) in values
        )
        pieces, done = [], 0
        for start, end, value in spans:
            pieces += [self.text[done:start], _written(value)]
            done = end
        return "".join((*pieces, self.text[done:]))


def read_config_table(text: str) -> ConfigTable:
    """Read the table; raises ConfigTableError for what pandas or pysystemtrade would refuse."""
    lines = _lines(text)
    header_line, header = next(lines, (1, []))
    names = [cell.text for cell in header]
    for column in COLUMNS:
        if names.count(column) != 1:
            often = "twice" if column in names else "not there"
            raise ConfigTableError(header_line, f"the column {column} is {often}")
    return ConfigTable(text=text, rows=tuple(_rows(lines, names)))


def _rows(lines: Iterator[tuple[int, list[_Cell]]], names: list[str]) -> Iterator[ConfigRow]:
    for line, cells in lines:
        if len(cells) == 1 and cells[0].text.startswith(_NOTE):
            end = cells[0].end
            cells.extend([_Cell(start=end, end=end, text="")] * (len(names) - 1))  # as pandas does
        if len(cells) != len(names):
            raise ConfigTableError(line, f"{len(cells)} values for {len(names)} columns")
        by_name = dict(zip(names, cells, strict=True))
        found = {column: by_name[column] for column in COLUMNS}
        yield ConfigRow(
            line=line,
            cells={
                column: None if cell.text in _MISSING else cell.text
                for column, cell in found.items()
            },
            spans={column: (cell.start, cell.end) for column, cell in found.items()},
        )


def _lines(text: str) -> Iterator[tuple[int, list[_Cell]]]:
    """The cells of each line that is not blank, with its number."""
    position, line, cells = 0, 1, list[_Cell]()
    began = 1
    while position < len(text) or cells:
        match = _CELL.match(text, position)
        if match is None:
            raise ConfigTableError(line, "a quote in it is not closed")
        quoted, plain, end = match.groups()
        value = plain if quoted is None else quoted.replace('""', '"')
        cells.append(_Cell(start=match.start(), end=match.start(3), text=value))
        line += match[0].count("\n") + match[0].replace("\r\n", "\n").count("\r")
        position = match.end()
        if end == ",":
            continue
        if len(cells) > 1 or value.strip():
            yield began, cells
        cells, began = [], line


def _written(value: str) -> str:
    return '"' + value.replace('"', '""') + '"' if _NEEDS_QUOTES.search(value) else value
