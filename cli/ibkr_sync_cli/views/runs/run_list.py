"""The runs that were recorded, and what came of the products of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ibkr_sync.domain.entities.futures import Origin
from ibkr_sync.domain.runs.run_outcomes import ProductOutcome, RunOutcome
from ibkr_sync.domain.runs.run_records import RecordedProduct, RecordedRun
from ibkr_sync.domain.runs.sync_policy import RunKind
from ibkr_sync.domain.untrusted_text import clean_text
from ibkr_sync_cli.terminal.output import Result
from ibkr_sync_cli.units.durations import took_text
from ibkr_sync_cli.units.quantities import counted, instant_text, instant_value

if TYPE_CHECKING:
    from rich.console import RenderableType

COLUMNS = (
    *("run", "kind", "source", "started_at", "finished_at", "took_seconds", "outcome"),
    *("succeeded", "failed", "added", "changed", "missing", "error", "message"),
)
PRODUCT_COLUMNS = (
    *("run", "symbol", "exchange", "trading_class", "outcome", "added", "changed", "returned"),
    *("missing", "delisted", "unchanged", "at", "error", "message", "source"),
)

_STYLES = {
    RunOutcome.FAILED: "red",
    RunOutcome.INTERRUPTED: "red",
    RunOutcome.PARTIAL: "yellow",
}


def runs_result(runs: Sequence[RecordedRun]) -> Result:
    """Runs, in every format."""
    records = [run_record(each) for each in runs]
    return Result(
        table=lambda: _runs_table(runs),
        document=lambda: {"schema": "ibkr-sync/runs/1", "runs": records},
        records=lambda: records,
        columns=COLUMNS,
        rows=lambda: [_row(each) for each in records],
    )


def run_result(run: RecordedRun, products: Sequence[RecordedProduct]) -> Result:
    """One run with what came of each product, in every format."""
    records = [_product_record(each, run) for each in products]
    return Result(
        table=lambda: _products_table(run, products),
        document=lambda: {
            "schema": "ibkr-sync/run/1",
            **run_record(run),
            "products": records,
        },
        records=lambda: records,
        columns=PRODUCT_COLUMNS,
        rows=lambda: [_row(each) for each in records],
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
        "added": run.added,
        "changed": run.changed,
        "missing": run.missing,
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
    kind = kind_text(run.kind)
    return f"run {run.run_id} ({kind} of {when}) {ended}{f': {reason}' if reason else ''}"


def kind_text(kind: RunKind) -> str:
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
        "added": product.added,
        "changed": product.changed,
        "returned": product.returned,
        "missing": product.missing,
        "delisted": product.delisted,
        "unchanged": product.unchanged,
        "at": instant_value(product.at),
        "error": product.error,
        "message": product.message and clean_text(product.message),
        "source": run.origin.value,
    }


def _row(record: dict[str, object]) -> dict[str, str]:
    return {name: "" if value is None else str(value) for name, value in record.items()}


def _runs_table(runs: Sequence[RecordedRun]) -> RenderableType:
    from rich.console import Group  # not for pipes
    from rich.text import Text

    from ibkr_sync_cli.views.cells import flexible, marked, origin_text, plain_table

    origins = sorted({each.origin for each in runs})
    this_year = runs[0].started_at.year if runs else 0
    table = plain_table(
        ("Run", True),
        ("Kind", False),
        *([("Source", False)] if len(origins) > 1 else []),
        ("Started (UTC)", False),
        ("Took", True),
        ("Outcome", False),
        ("Ok", True),
        ("Fail", True),
        ("New", True),
        ("Chg", True),
        ("Miss", True),
        shrinks="Kind",
    )
    for run in runs:
        is_this_year = run.started_at.year == this_year
        counts = (run.succeeded, run.failed, run.added, run.changed, run.missing)
        table.add_row(
            Text(str(run.run_id)),
            flexible(kind_text(run.kind)),
            *([Text(run.origin.value)] if len(origins) > 1 else []),
            Text(f"{run.started_at:%d %b %H:%M}" if is_this_year else f"{run.started_at:%d %b %Y}"),
            Text("-" if run.took is None else took_text(run.took)),
            Text(run.outcome.value, style=_STYLES.get(run.outcome, "")),
            *(Text(str(count)) for count in counts),
        )
    source = f" · from {origin_text(origins[0])}" if len(origins) == 1 else ""
    footer = Text(counted(len(runs), "run") + source, style="dim")
    told = [Text(run_sentence(each), style="red") for each in runs if each.error or each.message]
    return Group(table, marked(footer, is_sample=Origin.SAMPLE in origins), *told)


def _products_table(run: RecordedRun, products: Sequence[RecordedProduct]) -> RenderableType:
    from rich.console import Group  # not for pipes
    from rich.text import Text

    from ibkr_sync_cli.views.cells import marked, plain_table

    table = plain_table(
        ("Product", False),
        ("New", True),
        ("Changed", True),
        ("Missing", True),
        ("Outcome", False),
        ("Reason", False),
        shrinks="Reason",
    )
    reason = table.columns[-1]
    reason.overflow, reason.no_wrap = "fold", False
    for each in products:
        has_failed = each.outcome is ProductOutcome.FAILED
        table.add_row(
            Text(str(each.key or each.asked)),
            Text(str(each.added)),
            Text(str(each.changed + each.returned)),
            Text(str(each.missing + each.delisted)),
            Text(each.outcome.value, style="red" if has_failed else ""),
            Text(clean_text(each.message or each.error or "") or "-"),
        )
    is_sample = run.origin is Origin.SAMPLE
    return Group(marked(Text(run_sentence(run)), is_sample=is_sample), table)
