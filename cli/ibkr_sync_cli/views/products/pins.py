"""What symbols are pinned to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ibkr_sync.domain.ports.pins import Pin
from ibkr_sync_cli.terminal.output import Result

if TYPE_CHECKING:
    from rich.console import RenderableType

COLUMNS = ("word", "symbol", "exchange", "trading_class")


def pins_result(pins: Sequence[Pin]) -> Result:
    """The pins in every format."""
    records = [{name: getattr(pin, name) for name in COLUMNS} for pin in pins]
    return Result(
        table=lambda: _table(pins),
        document=lambda: {"schema": "ibkr-sync/pins/1", "pins": records},
        records=lambda: records,
        columns=COLUMNS,
        rows=lambda: [{name: value or "" for name, value in record.items()} for record in records],
    )


def _table(pins: Sequence[Pin]) -> RenderableType:
    from rich.text import Text  # not for pipes

    from ibkr_sync_cli.views.cells import plain_table

    table = plain_table(("Symbol", False), ("means", False))
    for pin in pins:
        table.add_row(Text(pin.word), Text(str(pin)))
    return table
