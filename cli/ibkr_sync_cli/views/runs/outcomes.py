"""What came of bringing products up to date."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from ibkr_sync.application.services.get import GetReport
from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.evidence.chain_diff import ChainDiff
from ibkr_sync.domain.runs.contract_counts import ContractCounts, counts_of
from ibkr_sync.domain.runs.future_update import FutureFailure, FutureUpdate
from ibkr_sync.domain.runs.outcome_words import FAILED, outcome_word
from ibkr_sync.domain.selection.series_choice import listed_beside, listed_count
from ibkr_sync.interchange.event_document import event_record
from ibkr_sync_cli.messages.next_command import NextCommand
from ibkr_sync_cli.messages.next_steps import step_to_get_product
from ibkr_sync_cli.terminal.output import Result
from ibkr_sync_cli.views.cells import sample_tag
from ibkr_sync_cli.views.records import Record, failure_record, records_view
from ibkr_sync_cli.views.runs.count_columns import count_columns, series_note
from ibkr_sync_cli.views.tables import TableColumn, items_table

if TYPE_CHECKING:
    from rich.console import RenderableType

Outcome = FutureUpdate[Future] | FutureFailure

COLUMNS = (
    *("symbol", "exchange", "trading_class", "outcome", "listed", "added", "changed"),
    *("moved", "replaced", "returned", "missing", "delisted", "expired", "unchanged"),
    *("error", "message", "origin"),
)


def outcomes_view(report: GetReport, now: datetime) -> Result:
    """The outcomes in every format."""
    return records_view(
        report.outcomes,
        lambda item: _record(item, now, report.from_source),
        COLUMNS,
        lambda: _table(report.outcomes, now, report.from_source),
        schema="ibkr-sync/outcomes/1",
        name="outcomes",
        head={"run": report.run_id},
        tail={"events": list(map(event_record, report.events))},
    )


def outcome_sentence(
    update: FutureUpdate[Future],
    command: NextCommand | None = None,
    *,
    from_source: bool = True,
) -> str:
    """What an update did, in one line; with the next command for what only the catalogue knows."""
    key = update.product.key
    diff = update.diff
    if update.product.origin is Origin.CATALOGUE:
        known = f"{key}: only the catalogue knows it; its contracts were never fetched"
        return f"{known}\nnext:  {step_to_get_product(key, command)}" if command else known
    if diff is None and not from_source:
        return f"{key}: as stored, no source was asked"
    if diff is None:
        return f"{key}: fresh enough, answered from the database"
    parts = counts_of(diff).words()
    if not update.applied:
        parts.append("dry run, nothing written")
    return f"{key}: {', '.join(parts) or 'no contracts'}"


def _record(outcome: Outcome, now: datetime, from_source: bool) -> dict[str, object]:
    if isinstance(outcome, FutureFailure):
        counts = {} if outcome.diff is None else counts_of(outcome.diff).as_record()
        return failure_record(COLUMNS, outcome) | {"outcome": FAILED} | counts
    return {
        **outcome.product.key._asdict(),
        "outcome": outcome_word(outcome, from_source=from_source),
        "listed": listed_count(outcome.product, now),
        **counts_of(_diff_of(outcome)).as_record(),
        "error": None,
        "message": "; ".join(outcome.remarks) or None,
        "origin": outcome.product.origin.value,
    }


def _table(outcomes: Sequence[Outcome], now: datetime, from_source: bool) -> RenderableType:
    from rich.console import Group  # not for pipes
    from rich.text import Text

    records = [_record(other, now, from_source) for other in outcomes]
    lines: list[tuple[Outcome, Record]] = [*zip(outcomes, records, strict=True)]
    columns: list[TableColumn[tuple[Outcome, Record]] | None] = [
        TableColumn("Symbol", lambda item: item[1]["symbol"]),
        TableColumn("Exchange", lambda item: item[1]["exchange"]),
        TableColumn("Class", lambda item: item[1]["trading_class"]),
        TableColumn("Listed", lambda item: item[1]["listed"], right=True),
        *count_columns(lines, lambda item: _counts(item[0])),
        TableColumn(
            "Outcome",
            lambda item: item[1]["outcome"],
            style=lambda item: "red" if item[1]["outcome"] == FAILED else "",
        ),
    ]
    notes = series_note(
        (listed_beside(item.product, now), _counts(item))
        for item in outcomes
        if not isinstance(item, FutureFailure)
    )
    is_sample = any(record["origin"] == Origin.SAMPLE for record in records)
    return Group(
        items_table(lines, columns),
        *(Text(note, style="dim") for note in notes),
        *([sample_tag()] if is_sample else []),
    )


def _counts(outcome: Outcome) -> ContractCounts | None:
    diff = outcome.diff if isinstance(outcome, FutureFailure) else _diff_of(outcome)
    return None if diff is None else counts_of(diff)


def _diff_of(update: FutureUpdate[Future]) -> ChainDiff:
    return update.diff or ChainDiff(unchanged=len(update.product.contracts))
