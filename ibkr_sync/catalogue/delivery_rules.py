"""When futures are delivered, by rule: `delivery_rules.csv`, one row for each family of products.

A cell is a formula (see `domain/delivery/date_formulas.py`) or `none` for a date that there is
not, with its confidence in parentheses. An empty cell is not known.
"""

from __future__ import annotations

import re
from datetime import date
from functools import cache

from ibkr_sync.catalogue.csv_tables import read_table
from ibkr_sync.domain.delivery.date_formulas import parse_formula
from ibkr_sync.domain.delivery.delivery_rules import (
    CloseOutRule,
    DateRule,
    DeliveryRule,
    DeliveryRuleBook,
)
from ibkr_sync.domain.entities.delivery import Confidence, Settlement

_CELL = re.compile(r"(?P<words>.+) \((?P<confidence>[ABC])\)")
_DATES = {
    "last_trade": "last_trade_date",
    "first_position": "first_position_date",
    "first_notice": "first_notice_date",
    "first_delivery": "first_delivery_date",
    "last_delivery": "last_delivery_date",
}


@cache
def load_delivery_rules() -> DeliveryRuleBook:
    """Give the bundled rules, read once; raises ValueError for a malformed table."""
    return DeliveryRuleBook.of(_read_rule(row) for row in read_table("delivery_rules"))


def _read_rule(row: dict[str, str]) -> DeliveryRule:
    settlement, confidence = _cell(row["settlement"])
    return DeliveryRule(
        family=row["family"],
        exchange=row["exchange"],
        trading_classes=frozenset(row["classes"].split()),
        categories=frozenset(row["categories"].split()),
        calendar=row["calendar"] or None,
        settlement=Settlement(settlement),
        settlement_confidence=confidence,
        dates={name: _ruled_date(row[column]) for column, name in _DATES.items() if row[column]},
        close_out=CloseOutRule(row["close_out"]) if row["close_out"] else None,
        source=row["source"],
        checked_on=date.fromisoformat(row["checked"]),
    )


def _ruled_date(cell: str) -> DateRule:
    words, confidence = _cell(cell)
    formula = None if words == "none" else parse_formula(words)
    return DateRule(formula=formula, confidence=confidence)


def _cell(cell: str) -> tuple[str, Confidence]:
    match = _CELL.fullmatch(cell)
    if match is None:
        raise ValueError(f"not a rule with its confidence: {cell!r}")
    return match["words"], Confidence(match["confidence"])
