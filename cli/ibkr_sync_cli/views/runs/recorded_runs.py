"""The runs that were recorded, and what came of the products of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ibkr_sync.domain.entities.futures import Origin
from ibkr_sync.domain.runs.run_kind import RunKind
from ibkr_sync.domain.runs.run_outcomes import ProductOutcome, RunOutcome
from ibkr_sync.domain.runs.run_records import RecordedProduct, RecordedRun
from ibkr_sync.domain.untrusted_text import clean_text
from ibkr_sync_cli.terminal.output import Result
from ibkr_sync_cli.units.durations import precise_duration
from ibkr_sync_cli.units.moments import instant_text, instant_value
from ibkr_sync_cli.units.quantities import quantity_of
from ibkr_sync_cli.views.cells import marked_cell, origin_cell
from ibkr_sync_cli.views.records import records_view
from ibkr_sync_cli.views.runs.count_columns import count_columns
from ibkr_sync_cli.views.tables import TableColumn, items_table

if TYPE_CHECKING:
    from rich.console import RenderableType

COLUMNS = (
    *("run", "kind", "source", "started_at", "finished_at", "took_seconds", "outcome"),
    *("succeeded", "failed", "added", "changed", "moved", "replaced", "returned", "missing"),
    *("delisted", "expired", "unchanged", "error", "message"),
)
PRODUCT_COLUMNS = (
    *("run", "symbol", "exchange", "trading_class", "outcome", "added", "changed", "moved"),
    *("replaced", "returned", "missing", "delisted", "expired", "unchanged", "at", "error"),
    *("message", "source"),
)

_STYLES = {
    RunOutcome.FAILED: "red",
    RunOutcome.INTERRUPTED: "red",
    RunOutcome.PARTIAL: "yellow",
}


def recorded_runs_view(runs: Sequence[RecordedRun]) -> Result:
    """Runs, in every format."""
    return records_view(
        runs,
        run_record,
        COLUMNS,
        lambda: _runs_table(runs),
        schema="ibkr-sync/runs/1",
        name="runs",
    )


def recorded_run_view(run: RecordedRun, products: Sequence[RecordedProduct]) -> Result:
    """One run with what came of each product, in every format."""
    return records_view(
        products,
        lambda item: _product_record(item, run),
        PRODUCT_COLUMNS,
        lambda: _products_table(run, products),
        schema="ibkr-sync/run/1",
        name="products",
        head=run_record(run),
    )


def run_record(run: RecordedRun) -> dict[str, object]:
    """A run as JSON has it."""
    return {
        "run": run.run_id,
        "kind": run.kind.value,
        "source": run.origin.value,
        "started_at": instant_value(run.started_at),
        "finished_at": instant_value(run.finished_at),
        "took_seconds": None if run.took is None else run.took.total_seconds(),
        "outcome": run.outcome.value,
        "succeeded": run.succeeded,
        "failed": run.failed,
        **run.counts.as_record(),
        "error": run.error,
        "message": run.message and clean_text(run.message),
    }


def run_sentence(run: RecordedRun) -> str:
    """How a run ended: `run 17 (refresh of 2026-11-23 05:00 UTC) failed: refused`."""
    how = {RunOutcome.RUNNING: "has not ended", RunOutcome.INTERRUPTED: "was interrupted"}
    ended = how.get(run.outcome, f"ended {run.outcome.value}")
    if run.outcome is RunOutcome.FAILED:
        ended = "failed"
    reason = clean_text(run.message or run.error or "")
    when = instant_text(run.started_at)
    kind = run_kind_text(run.kind)
    return f"run {run.run_id} ({kind} of {when}) {ended}{f': {reason}' if reason else ''}"


def run_kind_text(kind: RunKind) -> str:
    """What a run was for, in words."""
    return kind.value.replace("_", " ")


def _product_record(product: RecordedProduct, run: RecordedRun) -> dict[str, object]:
    key = product.key
    return {
        "run": product.run_id,
        "symbol": key.symbol if key else product.asked.symbol,
        "exchange": key.exchange if key else product.asked.exchange,
        "trading_class": key.trading_class if key else product.asked.trading_class,
        "outcome": product.outcome.value,
        **product.counts.as_record(),
        "at": instant_value(product.at),
        "error": product.error,
        "message": product.message and clean_text(product.message),
        "source": run.origin.value,
    }


def _runs_table(runs: Sequence[RecordedRun]) -> RenderableType:
    from rich.console import Group  # not for pipes
    from rich.text import Text

    origins = sorted({other.origin for other in runs})
    this_year = runs[0].started_at.year if runs else 0

    def started(run: RecordedRun) -> str:
        is_this_year = run.started_at.year == this_year
        return f"{run.started_at:%d %b %H:%M}" if is_this_year else f"{run.started_at:%d %b %Y}"

    columns: list[TableColumn[RecordedRun] | None] = [
        TableColumn("Run", lambda run: run.run_id, right=True),
        TableColumn("Kind", lambda run: run_kind_text(run.kind)),
        TableColumn("Source", lambda run: run.origin.value) if len(origins) > 1 else None,
        TableColumn("Started (UTC)", started),
        TableColumn(
            "Took",
            lambda run: None if run.took is None else precise_duration(run.took),
            right=True,
            gives_way=4,
        ),
        TableColumn(
            "Outcome",
            lambda run: run.outcome.value,
            style=lambda run: _STYLES.get(run.outcome, ""),
        ),
        TableColumn("Ok", lambda run: run.succeeded, right=True),
        TableColumn("Failed", lambda run: run.failed, right=True),
        TableColumn(
            "Contracts", lambda run: ", ".join(run.counts.words_of_changes()) or None, fit="wrap"
        ),
    ]
    source = f" · from {origin_cell(origins[0])}" if len(origins) == 1 else ""
    footer = [quantity_of(len(runs), "run") + source]
    failures = [
        Text(run_sentence(other), style="red") for other in runs if other.error or other.message
    ]
    table = items_table(runs, columns, footer=footer, is_sample=Origin.SAMPLE in origins)
    return Group(table, *failures)


def _products_table(run: RecordedRun, products: Sequence[RecordedProduct]) -> RenderableType:
    from rich.console import Group  # not for pipes
    from rich.text import Text

    columns: list[TableColumn[RecordedProduct] | None] = [
        TableColumn("Product", lambda item: item.key or item.asked),
        *count_columns(products, lambda item: item.counts),
        TableColumn(
            "Outcome",
            lambda item: item.outcome.value,
            style=lambda item: "red" if item.outcome is ProductOutcome.FAILED else "",
        ),
        TableColumn(
            "Reason", lambda item: clean_text(item.message or item.error or ""), fit="fold"
        ),
    ]
    is_sample = run.origin is Origin.SAMPLE
    sentence = marked_cell(Text(run_sentence(run)), is_sample=is_sample)
    return Group(sentence, items_table(products, columns))
