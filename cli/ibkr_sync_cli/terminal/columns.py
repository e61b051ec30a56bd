"""Which columns of a result are written."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.table import Table

ALL = "all"
_OPTION = "'--columns'"


def parse_columns(text: str | None) -> tuple[str, ...]:
    """Read names of columns that were typed, as `symbol,con_id`; none if nothing was.

    Raises BadParameter for a text without names.
    """
    if text is None:
        return ()
    names = (part.strip().lower().replace("-", "_") for part in text.split(","))
    found = tuple(dict.fromkeys(name for name in names if name))
    if not found:
        raise typer.BadParameter("name some, as symbol,con_id, or all", param_hint=_OPTION)
    return found


def chosen_columns(wanted: Sequence[str], known: Sequence[str]) -> Sequence[str]:
    """The columns that are wanted of those there are; raises BadParameter for one there is not."""
    if ALL in wanted:
        return known
    for name in wanted:
        if name not in known:
            raise typer.BadParameter(_unknown(name, known), param_hint=_OPTION)
    return wanted


def refuse_columns(reason: str) -> None:
    """Raise BadParameter where there is nothing to choose from."""
    raise typer.BadParameter(reason, param_hint=_OPTION)


def cells_table(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> Table:
    """The raw cells of the columns as a table; numbers are right-aligned."""
    from rich.text import Text

    from ibkr_sync_cli.terminal.plain_table import plain_table

    cells = [[row.get(name, "") for name in columns] for row in rows]
    are_numbers = [
        any(column)
        and all(item.lstrip("-").replace(".", "", 1).isdigit() for item in column if item)
        for column in zip(*cells, strict=True)
    ] or [False] * len(columns)
    table = plain_table(*zip(columns, are_numbers, strict=True))
    for row in cells:
        table.add_row(*map(Text, row))
    return table


def _unknown(name: str, known: Sequence[str]) -> str:
    parts = [text for text in known if name in text or text in name]
    similar = difflib.get_close_matches(name, known, n=1) or parts
    if similar:
        return f"there is no column {name!r}; did you mean {similar[0]!r}?"
    return f"there is no column {name!r}; there are: {', '.join(known)}"
