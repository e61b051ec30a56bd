"""When a position moves from contract to contract, in every format."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ibkr_sync.domain.delivery.rolls import Roll
from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync_cli.terminal.output import Result
from ibkr_sync_cli.views.records import records_view

if TYPE_CHECKING:
    from rich.console import RenderableType

COLUMNS = (
    *("date", "from_local_symbol", "from_month", "from_con_id"),
    *("to_local_symbol", "to_month", "to_con_id", "why", "source", "confidence", "basis"),
)


def rolls_view(product: Future, rolls: Sequence[Roll], rule: str) -> Result:
    """The rolls along the chain of a product."""
    symbol, exchange, trading_class = product.key
    return records_view(
        rolls,
        _record,
        COLUMNS,
        lambda: _table(product, rolls, rule),
        schema="ibkr-sync/rolls/1",
        name="rolls",
        head={
            "symbol": symbol,
            "exchange": exchange,
            "trading_class": trading_class,
            "rule": rule,
        },
    )


def rolls_note(rolls: Sequence[Roll], rule: str) -> str | None:
    """How many contracts a rule keeps beyond what ends a position in them; None if none."""
    count = sum(bool(roll.outlasted) for roll in rolls)
    if count == 0:
        return None
    return (
        f"by {rule}, {count} of {len(rolls)} contracts are kept past first notice or IBKR's"
        " cut-off, as they say themselves"
    )


def _record(roll: Roll) -> dict[str, object]:
    return {
        "date": roll.day.isoformat(),
        **_side("from", roll.leaving),
        **_side("to", roll.entering),
        "why": roll.why,
        "source": roll.source,
        "confidence": roll.confidence,
        "basis": roll.basis.value,
    }


def _side(name: str, contract: FuturesContract) -> dict[str, object]:
    month = contract.contract_month
    return {
        f"{name}_local_symbol": contract.local_symbol,
        f"{name}_month": None if month is None else str(month),
        f"{name}_con_id": contract.con_id,
    }


def _table(product: Future, rolls: Sequence[Roll], rule: str) -> RenderableType:
    from rich.console import Group  # not for pipes
    from rich.text import Text

    from ibkr_sync_cli.views.cells import marked_cell
    from ibkr_sync_cli.views.tables import TableColumn, items_table

    columns: list[TableColumn[Roll] | None] = [
        TableColumn("Date", lambda item: f"{item.day:%a %d %b %Y}"),
        TableColumn("From", lambda item: item.leaving.local_symbol),
        TableColumn("To", lambda item: item.entering.local_symbol),
        TableColumn("Conf", lambda item: item.confidence, alike="confidence {}"),
        TableColumn("Basis", lambda item: item.basis.value, alike="basis {}"),
        TableColumn("Why", lambda item: item.why, fit="wrap"),
    ]
    title = marked_cell(
        Text(f"{product.key} · {rule}", style="dim"), is_sample=product.origin is Origin.SAMPLE
    )
    return Group(items_table(rolls, columns), title)
