"""The view of runs, and of what came of each product."""

from __future__ import annotations

from ibkr_sync.infrastructure.repositories.local_repo.schema.views.view import (
    View,
    ViewColumn,
    ViewType,
)
from ibkr_sync.infrastructure.repositories.local_repo.schema.views.view_sql import ViewSql

_TEXT, _INTEGER, _INSTANT = ViewType.TEXT, ViewType.INTEGER, ViewType.INSTANT


def v_runs(sql: ViewSql) -> View:
    """One row per run and product that it asked for."""
    columns = (
        ViewColumn("run", _INTEGER, "r.id", "The run's number."),
        ViewColumn("kind", _TEXT, "r.kind", "`get`, `refresh`, `import`, `renormalise`, …"),
        ViewColumn("source", _TEXT, "r.origin", "`ibkr`, `file`, `catalogue` or `sample`."),
        ViewColumn("started_at", _INSTANT, sql.instant("r.started_at"), "When the run began."),
        ViewColumn(
            "finished_at",
            _INSTANT,
            sql.instant("r.finished_at"),
            "When it ended; null: it did not.",
        ),
        ViewColumn("run_outcome", _TEXT, "r.outcome", "How the run ended; `running`: not yet."),
        ViewColumn("run_error", _TEXT, "r.error", "What ended the run before its time."),
        ViewColumn("run_message", _TEXT, "r.message", "Its details."),
        ViewColumn("symbol", _TEXT, "o.symbol", "As asked; null: the run asked for nothing."),
        ViewColumn("exchange", _TEXT, "coalesce(p.exchange, o.exchange)", "Found, else as asked."),
        ViewColumn(
            "trading_class",
            _TEXT,
            "coalesce(p.trading_class, o.trading_class)",
            "Found, else as asked.",
        ),
        ViewColumn("product_id", _INTEGER, "o.product_id", "Null: none was found."),
        ViewColumn("outcome", _TEXT, "o.outcome", "`created`, `updated`, `unchanged`, `failed`, …"),
        ViewColumn("error", _TEXT, "o.error", "What the product failed with."),
        ViewColumn("message", _TEXT, "o.message", "Its details."),
        ViewColumn("at", _INSTANT, sql.instant("o.at"), "When the product was done."),
    )
    source = (
        "sync_runs AS r LEFT JOIN run_products AS o ON o.run_id = r.id"
        "\nLEFT JOIN products AS p ON p.id = o.product_id"
    )
    meaning = "One row per run and product it asked for; one row of a run that asked for none."
    return View(name="v_runs", meaning=meaning, columns=columns, source=source)
