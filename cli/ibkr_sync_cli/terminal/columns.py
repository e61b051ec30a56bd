"""Which columns of a result are written."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import typer

from ibkr_sync.domain.untrusted_text import harmless_line

if TYPE_CHECKING:
    from rich.table import Table

ALL = "all"
_OPTION = "'--columns'"
_CLOCK = "_(utc)"
_NAMED = 20
_BY_HEADING = {
    "class": ("trading_class",),
    "conf": ("confidence",),
    "conid": ("con_id",),
    "contract": ("local_symbol",),
    "cur": ("currency",),
    "bus.": ("business_days_left",),
    "days": ("days_left", "last_trade_date"),
    "first_notice": ("first_notice_date",),
    "from": ("from_local_symbol",),
    "last_trade": ("last_trade_date",),
    "last_trade_utc": ("last_trade_at",),
    "magnifier": ("price_magnifier",),
    "month": ("contract_month",),
    "new": ("added",),
    "ok": ("succeeded",),
    "outcome": ("state",),
    "product": ("symbol",),
    "reason": ("message",),
    "seen": ("at", "last_seen_at"),
    "settles": ("settlement",),
    "started": ("started_at",),
    "synced": ("synced_at",),
    "tick": ("quoted_tick", "min_tick"),
    "to": ("to_local_symbol",),
    "took": ("took_seconds",),
    "type": ("asset_class",),
    "what": ("local_symbol",),
}
"""What stands over columns of tables, and the fields it may mean, the first that there is."""


def parse_columns(text: str | None) -> tuple[str, ...]:
    """Read names of columns that were typed, as `symbol,con_id`; none if nothing was.

    Raises BadParameter for a text without names.
    """
    if text is None:
        return ()
    names = (_as_field(part) for part in text.split(","))
    found = tuple(dict.fromkeys(name for name in names if name))
    if not found:
        raise typer.BadParameter("name some, as symbol,con_id, or all", param_hint=_OPTION)
    return found


def chosen_columns(wanted: Sequence[str], known: Sequence[str]) -> Sequence[str]:
    """The columns that are wanted of those there are; raises BadParameter for one there is not."""
    if ALL in wanted:
        return known
    return tuple(dict.fromkeys(known_field(name, known) for name in wanted))


def known_field(typed: str, known: Sequence[str], option: str = _OPTION) -> str:
    """The field of that name, or that stands under that heading in tables; raises BadParameter."""
    name = _as_field(typed)
    for field in (name, *_BY_HEADING.get(name.removesuffix(_CLOCK), ())):
        if field in known:
            return field
    raise typer.BadParameter(_unknown(name, known), param_hint=option)


def _as_field(typed: str) -> str:
    return typed.strip().lower().replace("-", "_").replace(" ", "_")


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
        table.add_row(*(Text(harmless_line(cell)) for cell in row))
    return table


def _unknown(name: str, known: Sequence[str]) -> str:
    parts = [text for text in known if name in text or text in name]
    similar = difflib.get_close_matches(name, known, n=1) or parts
    if similar:
        return f"there is no column {name!r}; did you mean {similar[0]!r}?"
    more = f" and {len(known) - _NAMED} more" if len(known) > _NAMED else ""
    return f"there is no column {name!r}; there are: {', '.join(known[:_NAMED])}{more}"
