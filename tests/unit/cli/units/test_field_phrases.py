"""Rules of dates are words a trader reads."""

from __future__ import annotations

import re

from ibkr_sync.catalogue.delivery_rules import load_delivery_rules
from ibkr_sync_cli.units.field_phrases import field_phrase, rule_in_words
from one_case import one_case


@one_case(
    ("source", "words"),
    [
        (
            "rule: last bd of m-1 (COMEX gold and silver)",
            "rule: last business day of the month before (COMEX gold and silver)",
        ),
        (
            "2026-11-30 (A, rule: 1 bd before day 15 of m (grains))",
            "2026-11-30 (A, rule: 1 business day before day 15 of the contract month (grains))",
        ),
        (
            "rule: 3 bd before bd up to day 9 of m-1",
            "rule: 3 business days before last business day on or before day 9 of the month before",
        ),
        ("IBKR's standard policy", "IBKR's standard policy"),
    ],
)
def test_a_formula_is_said_in_words(source: str, words: str) -> None:
    assert rule_in_words(source) == words


def test_no_abbreviation_of_any_rule_is_left() -> None:
    texts = [
        date.formula.text
        for rule in load_delivery_rules().rules
        for date in rule.dates.values()
        if date.formula is not None
    ]
    assert len(texts) > 100
    assert not [text for text in texts if re.search(r"\b(bd|m)\b", rule_in_words(f"rule: {text}"))]


def test_dates_and_codes_have_phrases() -> None:
    names = ("first_notice_date", "long_cutoff", "min_tick", "last_trade_date", "trading_class")
    assert [*map(field_phrase, names)] == [
        *("first notice", "long cut-off", "tick", "last trade", "trading class"),
    ]
