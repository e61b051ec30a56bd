"""The view of what was recorded of the past."""

from __future__ import annotations

from ibkr_sync.infrastructure.repositories.local_repo.schema.views.product_identity import (
    PRODUCT_IDENTITY,
)
from ibkr_sync.infrastructure.repositories.local_repo.schema.views.view import (
    View,
    ViewColumn,
    ViewType,
)
from ibkr_sync.infrastructure.repositories.local_repo.schema.views.view_sql import ViewSql

_TEXT, _INTEGER, _INSTANT = ViewType.TEXT, ViewType.INTEGER, ViewType.INSTANT


def v_changes(sql: ViewSql) -> View:
    """One row per recorded change of a field."""
    columns = (
        ViewColumn("change_id", _INTEGER, "f.id", "The order in which changes were recorded."),
        ViewColumn("seen_at", _INSTANT, sql.instant("f.seen_at"), "When it was first seen."),
        ViewColumn("run", _INTEGER, "f.run_id", "The run that saw it."),
        ViewColumn("kind", _TEXT, "r.kind", "The run's: `get`, `refresh`, `renormalise`, …"),
        *PRODUCT_IDENTITY,
        ViewColumn("symbol", _TEXT, "p.symbol", "The product's of today."),
        ViewColumn("exchange", _TEXT, "p.exchange", "The product's of today."),
        ViewColumn("trading_class", _TEXT, "p.trading_class", "The product's of today."),
        ViewColumn("con_id", _INTEGER, "f.con_id", "Null: a field of the product itself."),
        ViewColumn("local_symbol", _TEXT, "c.local_symbol", "The contract's of today."),
        ViewColumn("field", _TEXT, "f.field", "What changed; `listing`: seen, missing, delisted."),
        ViewColumn("old", _TEXT, "f.old", "Exact text; null: not known, or not there."),
        ViewColumn("new", _TEXT, "f.new", "As `old`."),
    )
    source = (
        "field_changes AS f JOIN sync_runs AS r ON r.id = f.run_id"
        "\nJOIN products AS p ON p.id = f.product_id"
        "\nLEFT JOIN contracts AS c ON c.con_id = f.con_id"
    )
    meaning = "One row per recorded change of a field; `changes` makes events of them."
    return View(name="v_changes", meaning=meaning, columns=columns, source=source)
