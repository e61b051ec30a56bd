"""Tables of one kind of things, in as many columns as fit; rich is loaded when one is drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

from ibkr_sync.domain.untrusted_text import harmless_line
from ibkr_sync_cli.views.cells import marked_cell, sample_tag

if TYPE_CHECKING:  # a pipe needs no drawing
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.table import Table
    from rich.text import Text

T = TypeVar("T")

_GAP = 2
_USEFUL = 3
"""Columns that give way before others are worth less than whole names."""

_NOTHING = "-"


@dataclass(frozen=True, slots=True)
class TableColumn(Generic[T]):
    """A column of a table.

    Attributes:
        cell: gives what an item has there; None shows as a hyphen.
        style: gives the style of that, where it is not the line's.
        right: whether it is right-aligned.
        fit: what happens to its cells on a narrow terminal.
        least: how many characters of cells that may be cut or broken are worth a column.
        gives_way: where there is no room for all, those with the least come first; 0 is always
            there.
        alike: what is said above the table, with {}, instead of showing a column of equal values.
    """

    heading: str
    cell: Callable[[T], object]
    right: bool = False
    fit: Literal["whole", "cut", "wrap", "fold"] = "whole"
    least: int = 16
    gives_way: int = 0
    alike: str | None = None
    style: Callable[[T], str] | None = None


class ItemsTable(Generic[T]):
    """A line per item, without frame, above a footer.

    Columns give way where there is no room for all. What is the same for all items stands above, as
    far as its column says how.
    """

    def __init__(
        self,
        items: Sequence[T],
        columns: Sequence[TableColumn[T]],
        style: Callable[[T], str],
        footer: Phrases,
    ) -> None:
        self._items = items
        self._columns = columns
        self._style = style
        self._footer = footer

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> Iterator[RenderableType]:
        """Draw it with the most columns that fit; of no item the footer alone."""
        if self._items:
            columns = [
                (column, [_text(column, item) for item in self._items]) for column in self._columns
            ]
            alike = [_alike(column, cells) for column, cells in columns]
            if any(alike):
                yield Phrases(filter(None, alike))
            shown = [pair for pair, phrase in zip(columns, alike, strict=True) if phrase is None]
            yield self._table(_fitting(shown, options.max_width))
        yield self._footer

    def _table(self, shown: Sequence[tuple[TableColumn[T], Sequence[Text]]]) -> Table:
        from ibkr_sync_cli.terminal.plain_table import plain_table

        table = plain_table(*((column.heading, column.right) for column, _ in shown))
        for (column, _), drawn in zip(shown, table.columns, strict=True):
            drawn.no_wrap = column.fit == "whole"
            drawn.overflow = "fold" if column.fit == "fold" else "ellipsis"
        for number, item in enumerate(self._items):
            table.add_row(*(cells[number] for _, cells in shown), style=self._style(item))
        return table


def items_table(
    items: Iterable[T],
    columns: Iterable[TableColumn[T] | None],
    *,
    style: Callable[[T], str] = lambda _: "",
    footer: Iterable[str] = (),
    is_sample: bool = False,
) -> ItemsTable[T]:
    """A table of items; None is a column that is left out.

    Below stand the phrases of the `footer`, and whether it is sample data.
    """
    shown = [column for column in columns if column is not None]
    return ItemsTable(list(items), shown, style, Phrases(footer, is_sample=is_sample))


class Phrases:
    """Short texts in one line, or in more that break between two of them.

    The first line of those of sample data begins with its mark; without any it is that mark.
    """

    def __init__(self, phrases: Iterable[str], *, is_sample: bool = False) -> None:
        self._phrases = tuple(phrases)
        self._is_sample = is_sample

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        """Put into each line what fits."""
        from rich.cells import cell_len
        from rich.text import Text

        if self._is_sample and not self._phrases:
            yield sample_tag()
            return
        room = options.max_width
        lines: list[str] = []
        if self._is_sample:
            room -= sample_tag().cell_len + _GAP
        for phrase in map(harmless_line, self._phrases):
            longer = f"{lines[-1]} · {phrase}" if lines else phrase
            if lines and cell_len(longer) <= room:
                lines[-1] = longer
            else:
                room = options.max_width if lines else room
                lines.append(phrase)
        for number, line in enumerate(lines):
            text = Text(line, style="dim")
            yield marked_cell(text, is_sample=self._is_sample and number == 0)


def phrase_if_alike(column: TableColumn[T], items: Sequence[T]) -> str | None:
    """What is said of equal values instead of showing a column of them; None where it is shown."""
    return _alike(column, [_text(column, item) for item in items], even_one=True)


def _alike(column: TableColumn[T], cells: Sequence[Text], *, even_one: bool = False) -> str | None:
    """See `phrase_if_alike`; it is empty where none of the items has a value."""
    values = {cell.plain for cell in cells}
    if column.alike is None or len(values) > 1:
        return None
    if values <= {"", _NOTHING}:
        return ""
    return column.alike.format(*values) if even_one or len(cells) > 1 else None


def _fitting(
    shown: Sequence[tuple[TableColumn[T], Sequence[Text]]], width: int
) -> list[tuple[TableColumn[T], Sequence[Text]]]:
    """Those that never give way, and of the others one after the other, as far as there is room.

    Cells that may be cut are whole before there is room for what gives way first.
    """
    always = [pair for pair in shown if not pair[0].gives_way]
    room = width + _GAP - sum(_width(*pair) + _GAP for pair in always)
    to_be_whole = sum(_longest(cells) for _, cells in always) - sum(
        min(_longest(cells), _width(column, cells)) for column, cells in always
    )
    kept = list(always)
    for pair in sorted(shown, key=lambda item: item[0].gives_way)[len(always) :]:
        needed = _width(*pair) + _GAP
        if needed + (to_be_whole if pair[0].gives_way > _USEFUL else 0) <= room:
            room -= needed
            kept.append(pair)
    return [pair for pair in shown if pair in kept]


def _width(column: TableColumn[T], cells: Sequence[Text]) -> int:
    from rich.cells import cell_len

    longest = _longest(cells)
    if column.fit != "whole":
        longest = min(longest, column.least)
    return max(longest, cell_len(column.heading))


def _longest(cells: Sequence[Text]) -> int:
    return max((cell.cell_len for cell in cells), default=0)


def _text(column: TableColumn[T], item: T) -> Text:
    from rich.text import Text

    value = column.cell(item)
    text = Text(_NOTHING if value is None else harmless_line(str(value)))
    text.style = column.style(item) if column.style else ""
    if column.fit == "cut":
        text.no_wrap, text.overflow = True, "ellipsis"
    return text
