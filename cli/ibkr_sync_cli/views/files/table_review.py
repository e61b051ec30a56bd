"""What is wrong in a table that a user keeps for pysystemtrade, in every format."""

from __future__ import annotations

from ibkr_sync.interchange.exports.pysystemtrade.config_table import ConfigRow
from ibkr_sync.interchange.exports.pysystemtrade.findings import (
    FindingKind,
    TableFinding,
    TableReview,
)
from ibkr_sync_cli.terminal.output import Result
from ibkr_sync_cli.views.records import Record, records_view
from ibkr_sync_cli.views.tables import ItemsTable, TableColumn, items_table

COLUMNS = (
    *("line", "instrument", "symbol", "exchange", "multiplier", "finding", "column", "found"),
    *("expected", "reason"),
)


def table_review_view(review: TableReview, *, is_written: bool) -> Result:
    """A finding a line; JSON has the rows that could not be judged too."""
    return records_view(
        review.findings,
        _record,
        COLUMNS,
        lambda: _table(review),
        schema="ibkr-sync/table-review/1",
        name="findings",
        head={"rows": len(review.table.rows), "written": is_written},
        tail={
            "unjudged": [{**_row(other.row), "reason": other.reason} for other in review.unjudged],
            "unnamed": [key._asdict() for key in review.unnamed],
        },
    )


def _record(finding: TableFinding) -> Record:
    return {
        **_row(finding.row),
        "finding": finding.kind.value,
        "column": finding.column,
        "found": finding.found,
        "expected": finding.expected,
        "reason": finding.reason,
    }


def _row(row: ConfigRow) -> dict[str, object]:
    return {
        "line": row.line,
        "instrument": row["Instrument"],
        "symbol": row["IBSymbol"],
        "exchange": row["IBExchange"],
        "multiplier": row["IBMultiplier"],
    }


def _table(review: TableReview) -> ItemsTable[TableFinding]:
    columns: list[TableColumn[TableFinding] | None] = [
        TableColumn("Line", lambda item: item.row.line, right=True),
        TableColumn("Instrument", lambda item: item.row["Instrument"], fit="cut", least=10),
        TableColumn("Column", lambda item: item.column or "row"),
        TableColumn(
            "Found",
            lambda item: item.found or ("empty" if item.column else None),
            fit="cut",
            least=8,
        ),
        TableColumn("Right", lambda item: "empty" if item.expected == "" else item.expected),
        TableColumn("Why", lambda item: item.reason, fit="wrap", least=24),
    ]
    styles = {FindingKind.WRONG: "", FindingKind.PROBLEM: "yellow"}
    return items_table(review.findings, columns, style=lambda item: styles[item.kind])
