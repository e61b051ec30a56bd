"""What came of bringing products up to date."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from ibkr_sync.application.services.get import GetReport
from ibkr_sync.domain.entities.contracts import ContractState
from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.evidence.chain_diff import ChainDiff
from ibkr_sync.domain.runs.future_update import FutureFailure, FutureUpdate
from ibkr_sync.domain.runs.outcome_words import FAILED, outcome_word
from ibkr_sync.interchange.event_document import event_record
from ibkr_sync_cli.messages.errors import explain_error
from ibkr_sync_cli.messages.next_command import NextCommand
from ibkr_sync_cli.messages.next_steps import step_to_get_product
from ibkr_sync_cli.terminal.output import Result
from ibkr_sync_cli.views.records import Record, records_view

if TYPE_CHECKING:
    from rich.console import RenderableType

Outcome = FutureUpdate[Future] | FutureFailure

COLUMNS = (
    *("symbol", "exchange", "trading_class", "outcome", "listed", "added", "changed"),
    *("missing", "delisted", "returned", "unchanged", "error", "message", "origin"),
)


def outcomes_view(report: GetReport, now: datetime) -> Result:
    """The outcomes in every format."""
    return records_view(
        report.outcomes,
        lambda each: _record(each, now, report.from_source),
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
        known = f"{key}: from the catalogue, without contracts"
        return f"{known}\nnext:  {step_to_get_product(key, command)}" if command else known
    if diff is None and not from_source:
        return f"{key}: as stored, no source was asked"
    if diff is None:
        return f"{key}: fresh enough, answered from the database"
    told = [f"{count} {word}" for word, count in _counts(diff).items() if count]
    if not update.applied:
        told.append("dry run, nothing written")
    return f"{key}: {', '.join(told) or 'no contracts'}"


def _counts(diff: ChainDiff) -> dict[str, int]:
    return {
        "new": len(diff.added),
        "changed": diff.changed,
        "returned": len(diff.returned),
        "missing": len(diff.missing),
        "delisted": len(diff.delisted),
        "unchanged": diff.unchanged,
    }


def _record(outcome: Outcome, now: datetime, from_source: bool) -> dict[str, object]:
    if isinstance(outcome, FutureFailure):
        failed = dict.fromkeys(COLUMNS)
        return failed | {
            "symbol": outcome.query.symbol,
            "exchange": outcome.query.exchange,
            "trading_class": outcome.query.trading_class,
            "outcome": FAILED,
            "error": type(outcome.error).__name__,
            "message": explain_error(outcome.error).sentence,
        }
    diff = outcome.diff or ChainDiff(unchanged=len(outcome.product.contracts))
    return {
        "symbol": outcome.product.symbol,
        "exchange": outcome.product.exchange,
        "trading_class": outcome.product.trading_class,
        "outcome": outcome_word(outcome, from_source=from_source),
        "listed": sum(
            each.state(now) is ContractState.ACTIVE for each in outcome.product.contracts
        ),
        "added": len(diff.added),
        "changed": diff.changed,
        "missing": len(diff.missing),
        "delisted": len(diff.delisted),
        "returned": len(diff.returned),
        "unchanged": diff.unchanged,
        "error": None,
        "message": "; ".join(outcome.remarks) or None,
        "origin": outcome.product.origin.value,
    }


def _table(outcomes: Sequence[Outcome], now: datetime, from_source: bool) -> RenderableType:
    from rich.console import Group  # not for pipes
    from rich.text import Text

    from ibkr_sync_cli.views.cells import SAMPLE_TAG
    from ibkr_sync_cli.views.tables import TableColumn, items_table

    def outcome(record: Record) -> Text:
        return Text(str(record["outcome"]), style="red" if record["outcome"] == FAILED else "")

    columns: list[TableColumn[Record] | None] = [
        TableColumn("Symbol", lambda record: record["symbol"]),
        TableColumn("Exchange", lambda record: record["exchange"]),
        TableColumn("Class", lambda record: record["trading_class"]),
        TableColumn("Listed", lambda record: record["listed"], right=True),
        TableColumn("New", lambda record: record["added"], right=True),
        TableColumn("Changed", lambda record: record["changed"], right=True),
        TableColumn("Missing", lambda record: record["missing"], right=True),
        TableColumn("Outcome", outcome),
    ]
    records = [_record(each, now, from_source) for each in outcomes]
    is_sample = any(record["origin"] == Origin.SAMPLE for record in records)
    return Group(items_table(records, columns), *([SAMPLE_TAG] if is_sample else []))
