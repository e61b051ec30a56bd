"""The view of products, built on that of contracts."""

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

_TEXT, _INTEGER, _NUMBER, _DATE, _INSTANT = (
    ViewType.TEXT,
    ViewType.INTEGER,
    ViewType.NUMBER,
    ViewType.DATE,
    ViewType.INSTANT,
)

_AGREED = ("multiplier", "price_magnifier", "min_tick", "quoted_tick", "point_value", "tick_value")
"""What a product has as far as its living contracts agree on it; of all if none lives."""


def v_products(sql: ViewSql) -> View:
    """One row per product; made on top of `v_contracts`."""
    tick, multiplier = sql.number("p.min_tick"), sql.number("p.multiplier")
    magnifier = "coalesce(p.price_magnifier, 1)"
    own = {
        "multiplier": multiplier,
        "price_magnifier": "p.price_magnifier",
        "min_tick": tick,
        "quoted_tick": sql.computed(f"{tick} * {magnifier}"),
        "point_value": sql.computed(f"{multiplier} / {magnifier}"),
        "tick_value": sql.computed(f"{tick} * {multiplier}"),
    }
    listed = "CASE WHEN c.monthly > 0 THEN c.monthly ELSE coalesce(c.active, 0) END"
    columns = (
        *PRODUCT_IDENTITY,
        ViewColumn("symbol", _TEXT, "p.symbol", "IBKR's symbol."),
        ViewColumn("exchange", _TEXT, "p.exchange", "IBKR's code of the exchange."),
        ViewColumn("trading_class", _TEXT, "p.trading_class", "IBKR's trading class."),
        ViewColumn("currency", _TEXT, "p.currency", "ISO code."),
        ViewColumn("asset_class", _TEXT, "p.asset_class", "`index`, `commodity`, …"),
        ViewColumn("category", _TEXT, "p.category", "The finer class: `energy`, …"),
        ViewColumn("name", _TEXT, "p.name", "The product's name."),
        ViewColumn(
            "listed",
            _INTEGER,
            f"CAST({listed} AS INTEGER)",
            "How many contracts trade, as `list` counts: monthly ones, or all if there is none.",
        ),
        ViewColumn(
            "next_expiry",
            _DATE,
            "coalesce(c.next_monthly, c.next_expiry)",
            "The first last trade date of those.",
        ),
        *(
            ViewColumn(
                name,
                _INTEGER if name == "price_magnifier" else _NUMBER,
                f"CASE WHEN c.product_id IS NULL THEN {own[name]} ELSE c.{name} END",
                "As in `v_contracts`, if its living contracts agree; else null.",
            )
            for name in _AGREED
        ),
        ViewColumn("underlying_symbol", _TEXT, "p.underlying_symbol", "As IBKR names it."),
        ViewColumn("underlying_sec_type", _TEXT, "p.underlying_sec_type", "`IND`, `STK`, …"),
        ViewColumn("underlying_con_id", _INTEGER, "p.underlying_con_id", "Its conId."),
        ViewColumn("time_zone", _TEXT, "p.time_zone", "IANA name of the exchange's zone."),
        ViewColumn("origin", _TEXT, "p.origin", "`ibkr`, `file`, `catalogue` or `sample`."),
        ViewColumn(
            "first_seen_at", _INSTANT, sql.instant("p.first_seen_at"), "When it was stored first."
        ),
        ViewColumn(
            "synced_at", _INSTANT, sql.instant("p.synced_at"), "When its last reply was given."
        ),
        ViewColumn(
            "absent_since", _INSTANT, sql.instant("p.absent_since"), "Unknown to IBKR since."
        ),
        ViewColumn("closed_at", _INSTANT, sql.instant("p.closed_at"), "When that was confirmed."),
    )
    agreed = "".join(
        f",\n        CASE WHEN min({name}) = max({name}) THEN min({name}) END AS {name}"
        for name in _AGREED
    )
    source = f"""products AS p LEFT JOIN (
    SELECT product_id,
        sum(CASE WHEN state = 'active' THEN 1 ELSE 0 END) AS active,
        sum(CASE WHEN state = 'active' AND series = 'monthly' THEN 1 ELSE 0 END) AS monthly,
        min(CASE WHEN state = 'active' THEN last_trade_date END) AS next_expiry,
        min(CASE WHEN state = 'active' AND series = 'monthly' THEN last_trade_date END)
            AS next_monthly{agreed}
    FROM (
        SELECT product_id, state, series, last_trade_date, {", ".join(_AGREED)},
            CASE WHEN state IN ('active', 'missing') THEN 1 ELSE 0 END AS lives,
            max(CASE WHEN state IN ('active', 'missing') THEN 1 ELSE 0 END)
                OVER (PARTITION BY product_id) AS any_lives
        FROM v_contracts
    ) AS judged
    WHERE lives = any_lives
    GROUP BY product_id
) AS c ON c.product_id = p.id"""  # noqa: S608 - names of columns
    meaning = "One row per product."
    return View(name="v_products", meaning=meaning, columns=columns, source=source)
