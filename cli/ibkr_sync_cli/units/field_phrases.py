"""What fields and rules of dates are called in tables and notes; JSON and CSV keep their names."""

from __future__ import annotations

import re

_PHRASES = {
    "long_cutoff": "long cut-off",
    "market_rule": "tick ladder",
    "min_tick": "tick",
    "short_cutoff": "short cut-off",
}
_RULE = re.compile(r"rule: [^()]+")
_WORDS = (
    (re.compile(r"\bbd up to\b"), "last business day on or before"),
    (re.compile(r"\bbd from\b"), "first business day on or after"),
    (re.compile(r"\b1 bd\b"), "1 business day"),
    (re.compile(r"\b(\d+) bd\b"), r"\1 business days"),
    (re.compile(r"\bbd\b"), "business day"),
    (re.compile(r"\bm-1\b"), "the month before"),
    (re.compile(r"\bm-(\d)\b"), r"the contract month less \1"),
    (re.compile(r"\bm\+1\b"), "the month after"),
    (re.compile(r"\bm\+(\d)\b"), r"the contract month plus \1"),
    (re.compile(r"\bm\b"), "the contract month"),
)


def field_phrase(name: str) -> str:
    """A field in words: `first notice` for `first_notice_date`."""
    return _PHRASES.get(name) or name.removesuffix("_date").replace("_", " ")


def rule_in_words(source: str) -> str:
    """A source, or what has one in it, with the formula of its rule in words."""
    return _RULE.sub(_in_words, source)


def _in_words(match: re.Match[str]) -> str:
    words = match[0]
    for abbreviation, full in _WORDS:
        words = abbreviation.sub(full, words)
    return words
