"""What came of bringing products up to date."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from ibkr_sync.domain.chain_diff import ChainDiff
from ibkr_sync.domain.entities.contracts import ContractState
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.sync import FutureFailure, FutureUpdate
from ibkr_sync_cli.errors import explain
from ibkr_sync_cli.output import Result

if TYPE_CHECKING:
    from rich.console import RenderableType

Outcome = FutureUpdate[Future] | FutureFailure

COLUMNS = (
    *("symbol", "exchange", "trading_class", "outcome", "listed", "added", "changed"),
    *("missing", "delisted", "returned", "unchanged", "error", "message"),
)


def outcomes_result(outcomes: Sequence[Outcome], now: datetime) -> Result:
    """The outcomes in every format."""
    return Result(
        table=lambda: _table(outcomes, now),
        document=lambda: {
            "schema": "ibkr-sync/outcomes/1",
            "outcomes": [_record(outcome, now) for outcome in outcomes],
        },
        records=lambda: [_record(outcome, now) for outcome in outcomes],
        columns=COLUMNS,
        rows=lambda: [
            {key: "" if value is None else str(value) for key, value in _record(each, now).items()}
            for each in outcomes
        ],
    )


def outcome_sentence(update: FutureUpdate[Future]) -> str:
    """What an update did, in one line."""
    key = update.product.key
    diff = update.diff
    if diff is None:
        return f"{key}: fresh enough, answered from the database"
    told = [f"{count} {word}" for word, count in _counts(diff).items() if count]
    if not update.applied:
        told.append("dry run, nothing written")
    return f"{key}: {', '.join(told) or 'no contracts'}"


def _counts(diff: ChainDiff) -> dict[str, int]:
    return {
        "new": len(diff.added),
        "changed": len(diff.updated),
        "returned": len(diff.returned),
        "missing": len(diff.missing),
        "delisted": len(diff.delisted),
        "unchanged": diff.unchanged,
    }


def _outcome_word(update: FutureUpdate[Future]) -> str:
    if update.diff is None:
        return "fresh"
    if not update.applied:
        return "planned"
    return "unchanged" if update.diff.is_empty else "updated"


def _record(outcome: Outcome, now: datetime) -> dict[str, object]:
    if isinstance(outcome, FutureFailure):
        failed = dict.fromkeys(COLUMNS)
        return failed | {
            "symbol": outcome.query.symbol,
            "exchange": outcome.query.exchange,
            "trading_class": outcome.query.trading_class,
            "outcome": "failed",
            "error": type(outcome.error).__name__,
            "message": explain(outcome.error).sentence,
        }
    diff = outcome.diff or ChainDiff(unchanged=len(outcome.product.contracts))
    return {
        "symbol": outcome.product.symbol,
        "exchange": outcome.product.exchange,
        "trading_class": outcome.product.trading_class,
        "outcome": _outcome_word(outcome),
        "listed": sum(
            each.state(now) is ContractState.ACTIVE for each in outcome.product.contracts
        ),
        "added": len(diff.added),
        "changed": len(diff.updated),
        "missing": len(diff.missing),
        "delisted": len(diff.delisted),
        "returned": len(diff.returned),
        "unchanged": diff.unchanged,
        "error": None,
        "message": "; ".join(outcome.remarks) or None,
    }


def _table(outcomes: Iterable[Outcome], now: datetime) -> RenderableType:
    from rich.text import Text  # not for pipes

    from ibkr_sync_cli.views.cells import plain_table

    table = plain_table(
        ("Symbol", False),
        ("Exchange", False),
        ("Class", False),
        ("Listed", True),
        ("New", True),
        ("Changed", True),
        ("Missing", True),
        ("Outcome", False),
    )
    for outcome in outcomes:
        record = _record(outcome, now)
        keys = ("symbol", "exchange", "trading_class", "listed", "added", "changed", "missing")
        cells = [Text("-" if record[key] is None else str(record[key])) for key in keys]
        style = "red" if isinstance(outcome, FutureFailure) else ""
        table.add_row(*cells, Text(str(record["outcome"]), style=style))
    return table
