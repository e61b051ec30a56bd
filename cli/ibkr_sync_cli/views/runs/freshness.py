"""What a check found: the stale products, and why they are."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ibkr_sync.application.services.freshness import FreshnessReport
from ibkr_sync.domain.durations import duration_text
from ibkr_sync.domain.runs.staleness import StaleProduct, StaleReason
from ibkr_sync.domain.untrusted_text import clean_text
from ibkr_sync_cli.terminal.output import Result
from ibkr_sync_cli.units.durations import brief_duration
from ibkr_sync_cli.units.moments import instant_text, instant_value
from ibkr_sync_cli.units.quantities import quantity_of
from ibkr_sync_cli.views.cells import marked_cell
from ibkr_sync_cli.views.records import records_view
from ibkr_sync_cli.views.runs.recorded_runs import run_record
from ibkr_sync_cli.views.tables import ItemsTable, TableColumn, items_table

if TYPE_CHECKING:
    from rich.console import RenderableType

COLUMNS = (
    *("symbol", "exchange", "trading_class", "synced_at", "tried_at", "run", "reason"),
    *("error", "detail"),
)


def freshness_view(report: FreshnessReport, now: datetime) -> Result:
    """The stale products, in every format."""
    return records_view(
        report.stale,
        _record,
        COLUMNS,
        lambda: _table(report, now),
        schema="ibkr-sync/check/1",
        name="stale",
        head={
            "ok": report.is_ok,
            "checked_at": instant_value(now),
            "max_age_seconds": report.max_age.total_seconds(),
            "checked": report.checked,
        },
        tail={
            "run": None if report.run is None else run_record(report.run),
            "run_alarming": report.is_run_alarming,
            "remarked": [
                {**summary.key._asdict(), "remarks": list(summary.remarks)}
                for summary in report.remarked
            ],
        },
    )


_SENTENCES = {
    StaleReason.CLOCK_BEHIND: "synced at {synced_at}, which this clock has yet to reach",
    StaleReason.FAILED: "run {run} failed for it",
    StaleReason.OLD_REPLY: "run {run} got a reply of {synced_at}",
    StaleReason.RUN_CUT_SHORT: "nothing asked for it since; run {run} was cut short",
    StaleReason.RUN_UNFINISHED: (
        "nothing asked for it since; run {run} goes on, or its process died"
    ),
    StaleReason.NOT_ASKED_FOR: "nothing asked for it since {synced_at}",
    StaleReason.NO_RUN_SINCE: "no refresh since {synced_at}",
    StaleReason.NEVER_SYNCED: "never synced",
}


def freshness_sentence(stale: StaleProduct) -> str:
    """Why a product is stale."""
    synced_at = "-" if stale.synced_at is None else instant_text(stale.synced_at)
    sentence = _SENTENCES[stale.reason].format(run=stale.run_id, synced_at=synced_at)
    cause = clean_text(stale.message or stale.error or "")
    return f"{sentence}: {cause}" if cause else sentence


def _record(stale: StaleProduct) -> dict[str, object]:
    key = stale.key
    return {
        "symbol": key.symbol if key else stale.asked.symbol,
        "exchange": key.exchange if key else stale.asked.exchange,
        "trading_class": key.trading_class if key else stale.asked.trading_class,
        "synced_at": instant_value(stale.synced_at),
        "tried_at": instant_value(stale.tried_at),
        "run": stale.run_id,
        "reason": stale.reason.value,
        "error": stale.error,
        "detail": freshness_sentence(stale),
    }


def _table(report: FreshnessReport, now: datetime) -> RenderableType:
    from rich.text import Text  # not for pipes

    if report.stale:
        return _stale_table(report, now)
    checked = quantity_of(report.checked, "product")
    fresh = f", all refreshed within {duration_text(report.max_age)}" if report.checked else ""
    summary = Text(f"{checked} checked{fresh}")
    return marked_cell(summary, is_sample=report.is_sample)


def _stale_table(report: FreshnessReport, now: datetime) -> ItemsTable[StaleProduct]:
    columns: list[TableColumn[StaleProduct] | None] = [
        TableColumn("Product", lambda item: item.key or item.asked),
        TableColumn("Synced", lambda item: _age(item, now), right=True),
        TableColumn(
            "Last try (UTC)", lambda item: item.tried_at and f"{item.tried_at:%d %b %H:%M}"
        ),
        TableColumn("Reason", freshness_sentence, fit="fold"),
    ]
    return items_table(report.stale, columns, is_sample=report.is_sample)


def _age(stale: StaleProduct, now: datetime) -> str:
    if stale.synced_at is None:
        return "never"
    return "ahead" if stale.synced_at > now else brief_duration(now - stale.synced_at)
