"""What came of keeping products up to date: one line each, the reasons, and the counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from ibkr_sync.application.services.refresh_report import (
    RefreshedProduct,
    RefreshOutcome,
    RefreshReport,
)
from ibkr_sync.domain.entities.futures import Origin
from ibkr_sync.domain.errors import ProductLookupError
from ibkr_sync.domain.runs.contract_counts import ContractCounts, counts_of, total_counts
from ibkr_sync.domain.runs.future_update import FutureFailure
from ibkr_sync.domain.runs.outcome_words import FAILED
from ibkr_sync.interchange.event_document import event_record
from ibkr_sync_cli.messages.errors import explain_error
from ibkr_sync_cli.terminal.output import Result
from ibkr_sync_cli.units.durations import brief_duration, precise_duration
from ibkr_sync_cli.units.moments import instant_value
from ibkr_sync_cli.units.quantities import quantity_of
from ibkr_sync_cli.views.cells import sample_tag
from ibkr_sync_cli.views.records import Record, failure_record, records_view
from ibkr_sync_cli.views.runs.count_columns import count_columns, series_note
from ibkr_sync_cli.views.tables import TableColumn, items_table

if TYPE_CHECKING:
    from rich.console import RenderableType

COLUMNS = (
    *("symbol", "exchange", "trading_class", "state", "listed", "added", "changed", "moved"),
    *("replaced", "returned", "missing", "delisted", "expired", "unchanged", "synced_at"),
    *("error", "message", "origin"),
)

_ORDER = ("unchanged", "updated", "created", "planned", "fresh", FAILED)
_NAMED = 3


def refresh_view(refreshed: RefreshReport) -> Result:
    """The summary in every format."""
    return records_view(
        refreshed.outcomes,
        lambda item: _record(item, refreshed),
        COLUMNS,
        lambda: _table(refreshed),
        schema="ibkr-sync/refresh/1",
        name="products",
        head={
            "run": refreshed.run_id,
            "started_at": instant_value(refreshed.started_at),
            "finished_at": instant_value(refreshed.finished_at),
        },
        tail={"events": list(map(event_record, refreshed.events))},
    )


def refresh_sentence(refreshed: RefreshReport) -> str:
    """The run in one line: `56 products: 54 unchanged, 1 updated, 1 failed · 12 s · run 17`.

    Of a run that ended before its time: `8 of 10 products: 8 created · 2 not reached · …`.
    """
    counts = Counter(
        FAILED if isinstance(outcome, FutureFailure) else outcome.outcome
        for outcome in refreshed.outcomes
    )
    sentences = ", ".join(f"{counts[state]} {state}" for state in _ORDER if counts[state])
    total = len(refreshed.outcomes)
    due = total + len(refreshed.unasked)
    reached = (
        quantity_of(due, "product") if due == total else f"{total} of {quantity_of(due, 'product')}"
    )
    parts = [
        f"{reached}: {sentences}",
        *([] if due == total else [f"{due - total} not reached"]),
        *_contracts(refreshed.outcomes),
        precise_duration(refreshed.took),
        *([] if refreshed.run_id is None else [f"run {refreshed.run_id}"]),
    ]
    is_dry = any(not update.applied for update in refreshed.updates)
    return " · ".join([*parts, *(["dry run, nothing written"] if is_dry else [])])


def refresh_failures(failures: Iterable[FutureFailure]) -> list[tuple[str, FutureFailure]]:
    """Why products failed, each reason once with the products' names, and one of the failures."""
    alike: dict[str, list[FutureFailure]] = {}
    for failure in failures:
        alike.setdefault(explain_error(failure.error).sentence, []).append(failure)
    return [(_named(sentence, value), value[0]) for sentence, value in alike.items()]


def _named(sentence: str, failures: Sequence[FutureFailure]) -> str:
    """The sentence with the products it is about, unless it names its own."""
    names_it = isinstance(failures[0].error, ProductLookupError)
    if names_it or sentence.startswith(f"{failures[0].query}:"):
        return sentence
    return f"{_names(failures)}: {sentence}"


def _names(failures: Sequence[FutureFailure]) -> str:
    names = [str(failure.query) for failure in failures]
    if len(names) <= _NAMED + 1:
        return ", ".join(names)
    return f"{', '.join(names[:_NAMED])} and {len(names) - _NAMED} more"


def _record(outcome: RefreshOutcome, refreshed: RefreshReport) -> dict[str, object]:
    if isinstance(outcome, FutureFailure):
        failed, stored = failure_record(COLUMNS, outcome), refreshed.stored_before(outcome)
        if stored is not None:
            failed |= {
                "exchange": outcome.query.exchange or stored.key.exchange,
                "trading_class": outcome.query.trading_class or stored.key.trading_class,
                "listed": stored.listed,
                "synced_at": instant_value(stored.synced_at),
                "origin": stored.origin.value,
            }
        return failed | {"state": FAILED} | _counts_record(outcome)
    return dict.fromkeys(COLUMNS) | {
        "state": outcome.outcome,
        **outcome.key._asdict(),
        "listed": outcome.listed,
        "synced_at": instant_value(outcome.synced_at),
        "message": "; ".join(outcome.remarks) or None,
        "origin": outcome.origin.value,
        **_counts_record(outcome),
    }


def _counts_record(outcome: RefreshOutcome) -> dict[str, object]:
    counts = _counts(outcome)
    return {} if counts is None else {**counts.as_record()}


def _table(refreshed: RefreshReport) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    def age(outcome: RefreshOutcome) -> str | None:
        synced_at = _synced_at(outcome, refreshed)
        return brief_duration(refreshed.finished_at - synced_at) if synced_at else None

    records = [_record(other, refreshed) for other in refreshed.outcomes]
    lines: list[tuple[RefreshOutcome, Record]] = [*zip(refreshed.outcomes, records, strict=True)]
    columns: list[TableColumn[tuple[RefreshOutcome, Record]] | None] = [
        TableColumn("Product", lambda item: _name(item[0], refreshed), fit="fold"),
        TableColumn("Listed", lambda item: item[1]["listed"], right=True),
        *count_columns(lines, lambda item: _counts(item[0])),
        TableColumn("Synced", lambda item: age(item[0]), right=True),
        TableColumn(
            "Outcome",
            lambda item: item[1]["state"],
            style=lambda item: "red" if item[1]["state"] == FAILED else "",
        ),
    ]
    table = items_table(lines, columns)
    sentences = [
        Text(sentence, style="red") for sentence, _ in refresh_failures(refreshed.failures)
    ]
    products = ((item.listed_beside, item.counts) for item in refreshed.updates)
    sentences += [Text(note, style="dim") for note in series_note(products)]
    is_sample = any(record["origin"] == Origin.SAMPLE for record in records)
    return Group(table, *sentences, *([sample_tag()] if is_sample else []))


def _name(outcome: RefreshOutcome, refreshed: RefreshReport) -> str:
    if isinstance(outcome, RefreshedProduct):
        return str(outcome.key)
    stored = refreshed.stored_before(outcome)
    return str(stored.key if stored else outcome.query)


def _synced_at(outcome: RefreshOutcome, refreshed: RefreshReport) -> datetime | None:
    if isinstance(outcome, RefreshedProduct):
        return outcome.synced_at
    stored = refreshed.stored_before(outcome)
    return stored.synced_at if stored else None


def _counts(outcome: RefreshOutcome) -> ContractCounts | None:
    if isinstance(outcome, RefreshedProduct):
        return outcome.counts
    return None if outcome.diff is None else counts_of(outcome.diff)


def _contracts(outcomes: Iterable[RefreshOutcome]) -> list[str]:
    """What came, changed and went of their contracts, if anything did, as one part of a line."""
    counts = (found for outcome in outcomes if (found := _counts(outcome)) is not None)
    words = total_counts(counts).words_of_changes()
    return [f"contracts: {', '.join(words)}"] if words else []
