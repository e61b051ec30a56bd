"""What became of products whose raw replies were read again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ibkr_sync.application.services.outcome_words import FAILED, change_word
from ibkr_sync.domain.entities.futures import Origin
from ibkr_sync.domain.evidence.renormalisation import Renormalised
from ibkr_sync.domain.runs.future_update import FutureFailure
from ibkr_sync_cli.messages.errors import explain
from ibkr_sync_cli.terminal.output import Result
from ibkr_sync_cli.units.quantities import counted

if TYPE_CHECKING:
    from rich.console import RenderableType

Outcome = Renormalised | FutureFailure

COLUMNS = (
    *("symbol", "exchange", "trading_class", "outcome", "contracts", "rewritten", "changes"),
    *("fields", "error", "message", "origin"),
)


def renormalised_result(outcomes: Sequence[Outcome]) -> Result:
    """The outcomes in every format; JSON tells every change, the others the fields."""
    return Result(
        table=lambda: _table(outcomes),
        document=lambda: {
            "schema": "ibkr-sync/renormalise/1",
            "products": [_document(outcome) for outcome in outcomes],
        },
        records=lambda: [_document(outcome) for outcome in outcomes],
        columns=COLUMNS,
        rows=lambda: (_cells(outcome) for outcome in outcomes),
    )


def renormalised_sentence(outcomes: Sequence[Outcome], *, dry_run: bool) -> str:
    """What was read again and changed, in one line."""
    read = [each for each in outcomes if isinstance(each, Renormalised)]
    if not outcomes:
        return "no raw replies are kept, so there is nothing to read again"
    changed = [each for each in read if not each.update.diff.is_empty]
    told = [f"{counted(len(read), 'product')} read again", f"{len(changed)} changed"]
    if dry_run:
        told.append("dry run, nothing written")
    return ", ".join(told)


def _document(outcome: Outcome) -> dict[str, object]:
    summary: dict[str, object] = {
        name: value for name, value in _summary(outcome).items() if name != "changes"
    }
    return summary | {"events": _events(outcome)}


def _events(outcome: Outcome) -> list[dict[str, object]]:
    if isinstance(outcome, FutureFailure):
        return []
    names = {each.con_id: each.local_symbol for each in outcome.update.product.contracts}
    return [
        {
            "con_id": change.con_id,
            "local_symbol": None if change.con_id is None else names.get(change.con_id),
            "field": change.field,
            "old": change.old,
            "new": change.new,
        }
        for change in outcome.update.history
    ]


def _summary(outcome: Outcome) -> dict[str, object]:
    if isinstance(outcome, FutureFailure):
        query = outcome.query
        return dict.fromkeys(COLUMNS) | {
            "symbol": query.symbol,
            "exchange": query.exchange,
            "trading_class": query.trading_class,
            "outcome": FAILED,
            "fields": [],
            "error": type(outcome.error).__name__,
            "message": explain(outcome.error).sentence,
        }
    update, key = outcome.update, outcome.update.product.key
    return {
        "symbol": key.symbol,
        "exchange": key.exchange,
        "trading_class": key.trading_class,
        "outcome": _word(outcome),
        "contracts": len(update.product.contracts),
        "rewritten": len(update.diff.updated),
        "changes": len(update.history),
        "fields": list(dict.fromkeys(change.field for change in update.history)),
        "error": None,
        "message": None,
        "origin": update.product.origin.value,
    }


def _word(outcome: Renormalised) -> str:
    is_changed = not outcome.update.diff.is_empty
    return change_word(is_new=False, is_changed=is_changed, applied=outcome.applied)


def _cells(outcome: Outcome) -> dict[str, str]:
    return {
        name: ",".join(value) if isinstance(value, list) else "" if value is None else str(value)
        for name, value in _summary(outcome).items()
    }


def _table(outcomes: Sequence[Outcome]) -> RenderableType:
    from rich.console import Group  # not for pipes
    from rich.text import Text

    from ibkr_sync_cli.views.cells import SAMPLE_TAG, flexible, plain_table

    table = plain_table(
        ("Symbol", False),
        ("Exchange", False),
        ("Class", False),
        ("Contracts", True),
        ("Rewritten", True),
        ("Outcome", False),
        ("Fields changed", False),
        shrinks="Fields changed",
    )
    names = ("symbol", "exchange", "trading_class", "contracts", "rewritten")
    rows = [_cells(outcome) for outcome in outcomes]
    for outcome, cells in zip(outcomes, rows, strict=True):
        style = "red" if isinstance(outcome, FutureFailure) else ""
        table.add_row(
            *(Text(cells[name] or "-") for name in names),
            Text(cells["outcome"], style=style),
            flexible(cells["fields"].replace(",", ", ") or "-"),
        )
    is_sample = any(cells["origin"] == Origin.SAMPLE for cells in rows)
    return Group(table, *([SAMPLE_TAG] if is_sample else []))
