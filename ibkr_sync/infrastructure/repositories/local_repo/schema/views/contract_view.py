"""The view of contracts."""

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

_DELIVERY = {
    "settlement": "`cash` or `physical`.",
    "first_position_date": "First position day.",
    "first_notice_date": "First notice day; null with a confidence: there is none.",
    "first_delivery_date": "First delivery day.",
    "last_delivery_date": "Last delivery day.",
    "long_cutoff": "Last day on which IBKR lets a long position be held.",
    "short_cutoff": "The same of a short position.",
}


def v_contracts(sql: ViewSql) -> View:
    """One row per contract that was ever stored."""
    ends_at = (
        f"coalesce(c.ends_at, c.last_trade_at, {sql.end_of_day_everywhere('c.last_trade_date')})"
    )
    state = (
        f"CASE WHEN {ends_at} <= {sql.now} THEN 'expired'"
        " WHEN c.delisted_at IS NOT NULL THEN 'delisted'"
        " WHEN c.missing_since IS NOT NULL THEN 'missing' ELSE 'active' END"
    )
    multiplier, tick = sql.number("c.multiplier"), sql.number("c.min_tick")
    magnifier = "coalesce(c.price_magnifier, 1)"
    columns = (
        ViewColumn("con_id", _INTEGER, "c.con_id", "IBKR's contract id."),
        *PRODUCT_IDENTITY,
        ViewColumn("symbol", _TEXT, "c.symbol", "IBKR's symbol."),
        ViewColumn("exchange", _TEXT, "c.exchange", "IBKR's code of the exchange."),
        ViewColumn("trading_class", _TEXT, "c.trading_class", "The contract's own."),
        ViewColumn("currency", _TEXT, "c.currency", "ISO code."),
        ViewColumn("local_symbol", _TEXT, "c.local_symbol", "The exchange's name: `ESZ6`."),
        ViewColumn("contract_month", _TEXT, "c.contract_month", "`2026-12`."),
        ViewColumn("series", _TEXT, "c.series", "`monthly`, `weekly` or `daily`."),
        ViewColumn("state", _TEXT, state, "Now: `active`, `expired`, `missing` or `delisted`."),
        ViewColumn("last_trade_date", _DATE, "c.last_trade_date", "In the exchange's zone."),
        ViewColumn("last_trade_at", _INSTANT, sql.instant("c.last_trade_at"), "Null: unknown."),
        ViewColumn(
            "ends_at",
            _INSTANT,
            sql.instant(f"({ends_at})"),
            "`last_trade_at`, else the end of the last trade date.",
        ),
        ViewColumn(
            "hold_until_long", _DATE, "c.hold_until_long", "Last day to hold a long position."
        ),
        ViewColumn("hold_until_short", _DATE, "c.hold_until_short", "The same of a short one."),
        *(
            ViewColumn(name, _TEXT if name == "settlement" else _DATE, f"d.{name}", meaning)
            for name, meaning in _DELIVERY.items()
        ),
        *(
            column
            for name in _DELIVERY
            for column in (
                ViewColumn(
                    f"{name}_confidence",
                    _TEXT,
                    sql.item("d.sources", name, 1),
                    f"Of `{name}`: `A`, `B` or `C`; null: nobody says it.",
                ),
                ViewColumn(
                    f"{name}_source", _TEXT, sql.item("d.sources", name, 0), f"Who says `{name}`."
                ),
            )
        ),
        ViewColumn("multiplier", _NUMBER, multiplier, "Contract size; may differ by month."),
        ViewColumn(
            "price_magnifier", _INTEGER, "c.price_magnifier", "Quoted price / currency price."
        ),
        ViewColumn("min_tick", _NUMBER, tick, "Smallest step in currency units."),
        ViewColumn(
            "quoted_tick",
            _NUMBER,
            sql.computed(f"{tick} * {magnifier}"),
            "Smallest step of the quoted price.",
        ),
        ViewColumn(
            "point_value",
            _NUMBER,
            sql.computed(f"{multiplier} / {magnifier}"),
            "Money per 1.0 of quoted price.",
        ),
        ViewColumn(
            "tick_value",
            _NUMBER,
            sql.computed(f"{tick} * {multiplier}"),
            "Money per smallest step.",
        ),
        ViewColumn("long_name", _TEXT, "c.long_name", "As IBKR has it."),
        ViewColumn("underlying_symbol", _TEXT, "c.underlying_symbol", "As IBKR names it."),
        ViewColumn("underlying_con_id", _INTEGER, "c.underlying_con_id", "Its conId."),
        ViewColumn("real_expiration_date", _DATE, "c.real_expiration_date", "As IBKR has it."),
        ViewColumn("time_zone", _TEXT, "c.time_zone", "IANA name of the exchange's zone."),
        ViewColumn(
            "first_seen_at",
            _INSTANT,
            sql.instant("c.first_seen_at"),
            "When it was stored first, after its reply was given.",
        ),
        ViewColumn(
            "last_seen_at",
            _INSTANT,
            sql.instant("coalesce(c.last_seen_at, p.synced_at)"),
            "When the last reply that has it was given.",
        ),
        ViewColumn(
            "missing_since", _INSTANT, sql.instant("c.missing_since"), "Absent since; else null."
        ),
        ViewColumn(
            "delisted_at", _INSTANT, sql.instant("c.delisted_at"), "When that was confirmed."
        ),
        ViewColumn("origin", _TEXT, "p.origin", "The product's: `ibkr`, `file` or `sample`."),
    )
    source = (
        "contracts AS c JOIN products AS p ON p.id = c.product_id"
        "\nLEFT JOIN contract_deliveries AS d ON d.con_id = c.con_id"
    )
    meaning = "One row per contract, expired and delisted ones too."
    return View(name="v_contracts", meaning=meaning, columns=columns, source=source)
