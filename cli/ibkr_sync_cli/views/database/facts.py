"""A few named facts, a line each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ibkr_sync_cli.terminal.output import Result
from ibkr_sync_cli.views.records import record_cells

if TYPE_CHECKING:
    from rich.console import RenderableType


def facts_view(
    schema: str,
    facts: Mapping[str, str | int | bool | None],
    shown: Mapping[str, str | None],
) -> Result:
    """A few named facts, a line each; `shown` is what people read."""
    texts = record_cells(facts)
    return Result(
        table=lambda: _two_columns(shown),
        document=lambda: {"schema": schema, **facts},
        records=lambda: [dict(facts)],
        columns=tuple(facts),
        rows=lambda: [texts],
    )


def _two_columns(facts: Mapping[str, str | None]) -> RenderableType:
    from rich.text import Text  # not for pipes

    from ibkr_sync_cli.terminal.plain_table import plain_table

    drawn = plain_table(("", False), ("", False))
    drawn.show_header = False
    drawn.columns[1].overflow, drawn.columns[1].no_wrap = "fold", False
    for name, value in facts.items():
        drawn.add_row(Text(name, style="dim"), Text(value or "-"))
    return drawn
