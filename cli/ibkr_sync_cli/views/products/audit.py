"""What contradicts what, in every format."""

from __future__ import annotations

from collections.abc import Sequence

from ibkr_sync.domain.delivery.audit.disagreements import Disagreement
from ibkr_sync_cli.terminal.output import Result
from ibkr_sync_cli.units.field_phrases import field_phrase
from ibkr_sync_cli.units.product_names import short_product_text
from ibkr_sync_cli.units.quantities import quantity_of
from ibkr_sync_cli.views.cells import SEVERITY_STYLES, severity_counts
from ibkr_sync_cli.views.records import records_view
from ibkr_sync_cli.views.tables import ItemsTable, TableColumn, items_table

COLUMNS = (
    *("severity", "symbol", "exchange", "trading_class", "local_symbol", "con_id", "field"),
    *("value", "source", "other", "other_source"),
)


def audit_view(disagreements: Sequence[Disagreement], *, is_sample: bool = False) -> Result:
    """Each value that two sources have differently."""
    return records_view(
        disagreements,
        _record,
        COLUMNS,
        lambda: _table(disagreements, is_sample=is_sample),
        schema="ibkr-sync/audit/1",
        name="disagreements",
    )


def _record(each: Disagreement) -> dict[str, object]:
    return {
        "severity": each.severity.value,
        **each.product._asdict(),
        "local_symbol": each.contract and each.contract.local_symbol,
        "con_id": each.contract and each.contract.con_id,
        "field": each.field,
        "value": each.value,
        "source": each.source,
        "other": each.other,
        "other_source": each.other_source,
    }


def _table(disagreements: Sequence[Disagreement], *, is_sample: bool) -> ItemsTable[Disagreement]:
    columns: list[TableColumn[Disagreement] | None] = [
        TableColumn("Severity", lambda item: item.severity.value, alike="all {}"),
        TableColumn(
            "What",
            lambda item: (
                item.contract.local_symbol if item.contract else short_product_text(item.product)
            ),
        ),
        TableColumn("Field", lambda item: field_phrase(item.field)),
        TableColumn("Value", lambda item: f"{item.value} ({item.source})", fit="wrap"),
        TableColumn("Other", lambda item: f"{item.other} ({item.other_source})", fit="wrap"),
    ]
    footer = (
        quantity_of(len(disagreements), "disagreement"),
        *severity_counts(disagreement.severity for disagreement in disagreements),
    )
    return items_table(
        disagreements,
        columns,
        style=lambda item: SEVERITY_STYLES[item.severity],
        footer=footer,
        is_sample=is_sample,
    )
