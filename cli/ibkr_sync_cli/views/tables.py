"""Tables of one kind of things, column by column."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from rich.table import Table
from rich.text import Text

from ibkr_sync_cli.terminal.plain_table import plain_table

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TableColumn(Generic[T]):
    """A column of a table.

    Attributes:
        cell: gives what an item has there, as text or styled; None shows as a hyphen.
        right: whether it is right-aligned.
        fit: what happens to its cells on a narrow terminal.
    """

    heading: str
    cell: Callable[[T], object]
    right: bool = False
    fit: Literal["whole", "cut", "wrap", "fold"] = "whole"


def items_table(
    items: Iterable[T],
    columns: Iterable[TableColumn[T] | None],
    *,
    style: Callable[[T], str] = lambda _: "",
) -> Table:
    """A line per item, without frame; None is a column that is left out."""
    shown = [column for column in columns if column is not None]
    table = plain_table(*((column.heading, column.right) for column in shown))
    for column, drawn in zip(shown, table.columns, strict=True):
        drawn.no_wrap = column.fit == "whole"
        drawn.overflow = "fold" if column.fit == "fold" else "ellipsis"
    for each in items:
        table.add_row(*(_text(column, column.cell(each)) for column in shown), style=style(each))
    return table


def _text(column: TableColumn[T], value: object) -> Text:
    text = value if isinstance(value, Text) else Text("-" if value is None else str(value))
    if column.fit == "cut":
        text.no_wrap, text.overflow = True, "ellipsis"
    return text
