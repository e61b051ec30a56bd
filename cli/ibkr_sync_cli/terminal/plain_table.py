"""A table as all of ours look: without frame."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.table import Table


def plain_table(*columns: tuple[str, bool]) -> Table:
    """A table without frame; columns are (heading, right-aligned) and never wrap."""
    table = Table(
        box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True, padding=(0, 1), show_edge=False
    )
    for heading, right in columns:
        table.add_column(
            heading, justify="right" if right else "left", no_wrap=True, overflow="ellipsis"
        )
    return table
