"""What symbols are pinned to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ibkr_sync.domain.ports.pins import Pin
from ibkr_sync_cli.terminal.output import Result
from ibkr_sync_cli.views.records import list_result

if TYPE_CHECKING:
    from rich.console import RenderableType

COLUMNS = ("word", "symbol", "exchange", "trading_class")


def pins_result(pins: Sequence[Pin]) -> Result:
    """The pins in every format."""
    return list_result(
        pins,
        lambda pin: {name: getattr(pin, name) for name in COLUMNS},
        COLUMNS,
        lambda: _table(pins),
        schema="ibkr-sync/pins/1",
        name="pins",
    )


def _table(pins: Sequence[Pin]) -> RenderableType:
    from ibkr_sync_cli.views.tables import Column, items_table  # rich, not for pipes

    columns: list[Column[Pin] | None] = [
        Column("Symbol", lambda pin: pin.word),
        Column("means", str),
    ]
    return items_table(pins, columns)
