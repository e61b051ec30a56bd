"""What became of products whose raw replies were read again."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from ibkr_sync.domain.entities.futures import Origin
from ibkr_sync.domain.evidence.renormalisation import Renormalised
from ibkr_sync.domain.runs.future_update import FutureFailure
from ibkr_sync.domain.runs.outcome_words import FAILED, change_word
from ibkr_sync_cli.terminal.output import Result
from ibkr_sync_cli.units.quantities import quantity_of
from ibkr_sync_cli.views.records import failure_record, record_cells, records_view
from ibkr_sync_cli.views.tables import ItemsTable, TableColumn, items_table

Outcome = Renormalised | FutureFailure

COLUMNS = (
    *("symbol", "exchange", "trading_class", "outcome", "contracts", "rewritten", "changes"),
    *("fields", "error", "message", "origin"),
)


def renormalised_view(outcomes: Sequence[Outcome]) -> Result:
    """The outcomes in every format; JSON tells every change, the others the fields."""
    result = records_view(
        outcomes,
        _document,
        COLUMNS,
        lambda: _table(outcomes),
        schema="ibkr-sync/renormalise/1",
        name="products",
    )
    return dataclasses.replace(
        result,
        rows=lambda: (
            record_cells(summary | {"fields": ",".join(summary["fields"])})
            for summary in map(_summary, outcomes)
        ),
    )


def renormalised_sentence(outcomes: Sequence[Outcome], *, dry_run: bool) -> str:
    """What was read again and changed, in one line."""
    read = [outcome for outcome in outcomes if isinstance(outcome, Renormalised)]
    if not outcomes:
        return "no raw replies are kept, so there is nothing to read again"
    changed = [renormalised for renormalised in read if not renormalised.update.diff.is_empty]
    parts = [f"{quantity_of(len(read), 'product')} read again", f"{len(changed)} changed"]
    if days := sum(renormalised.days for renormalised in read):
        parts.append(f"the hours of {quantity_of(days, 'day')} read otherwise")
    if dry_run:
        parts.append("dry run, nothing written")
    return ", ".join(parts)


def sentences_of_what_is_left(outcomes: Sequence[Outcome]) -> list[str]:
    """What of the past could not be read again, once for all products that it is true of."""
    products: defaultdict[str, list[str]] = defaultdict(list)
    for outcome in outcomes:
        if isinstance(outcome, Renormalised):
            for reason in outcome.left:
                products[reason].append(str(outcome.update.product.key))
    return [
        f"{first}{f' and {len(others)} more' if others else ''}: {reason}; what only they said is"
        " left as it was"
        for reason, (first, *others) in products.items()
    ]


def _document(outcome: Outcome) -> dict[str, object]:
    summary = _summary(outcome)
    del summary["changes"]
    return summary | {"events": _events(outcome)}


def _events(outcome: Outcome) -> list[dict[str, object]]:
    if isinstance(outcome, FutureFailure):
        return []
    names = {
        contract.con_id: contract.local_symbol for contract in outcome.update.product.contracts
    }
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


def _summary(outcome: Outcome) -> dict[str, Any]:
    if isinstance(outcome, FutureFailure):
        return failure_record(COLUMNS, outcome) | {"outcome": FAILED, "fields": []}
    update = outcome.update
    return {
        **update.product.key._asdict(),
        "outcome": change_word(
            is_new=False, is_changed=not update.diff.is_empty, applied=outcome.applied
        ),
        "contracts": len(update.product.contracts),
        "rewritten": len(update.diff.updated),
        "changes": len(update.history),
        "fields": list(dict.fromkeys(change.field for change in update.history)),
        "error": None,
        "message": None,
        "origin": update.product.origin.value,
    }


def _table(outcomes: Sequence[Outcome]) -> ItemsTable[dict[str, Any]]:
    columns: list[TableColumn[dict[str, Any]] | None] = [
        TableColumn("Symbol", lambda summary: summary["symbol"]),
        TableColumn("Exchange", lambda summary: summary["exchange"]),
        TableColumn("Class", lambda summary: summary["trading_class"]),
        TableColumn("Contracts", lambda summary: summary["contracts"], right=True),
        TableColumn("Rewritten", lambda summary: summary["rewritten"], right=True),
        TableColumn(
            "Outcome",
            lambda summary: summary["outcome"],
            style=lambda summary: "red" if summary["outcome"] == FAILED else "",
        ),
        TableColumn(
            "Fields changed", lambda summary: ", ".join(summary["fields"]) or None, fit="cut"
        ),
    ]
    summaries = [_summary(other) for other in outcomes]
    is_sample = any(summary["origin"] == Origin.SAMPLE for summary in summaries)
    return items_table(summaries, columns, is_sample=is_sample)
