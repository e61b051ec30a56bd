"""What symbols are pinned to."""

from __future__ import annotations

from collections.abc import Sequence

from ibkr_sync.domain.canonical_text import canonical_text
from ibkr_sync.domain.ports.pins import Pin
from ibkr_sync_cli.terminal.output import Result
from ibkr_sync_cli.views.records import records_view
from ibkr_sync_cli.views.tables import TableColumn, items_table

COLUMNS = ("word", "symbol", "exchange", "trading_class", "multiplier")


def pins_view(pins: Sequence[Pin]) -> Result:
    """The pins in every format."""

    def size(pin: Pin) -> str | None:
        return canonical_text(pin.multiplier)

    columns: list[TableColumn[Pin] | None] = [
        TableColumn("Symbol", lambda pin: pin.word),
        TableColumn("Product", str),
        TableColumn("Multiplier", size, right=True) if any(map(size, pins)) else None,
    ]
    return records_view(
        pins,
        lambda pin: {name: canonical_text(getattr(pin, name)) for name in COLUMNS},
        COLUMNS,
        lambda: items_table(pins, columns),
        schema="ibkr-sync/pins/1",
        name="pins",
    )
