"""Which delivery months a person wants, by their letters."""

from __future__ import annotations

from ibkr_sync.domain.naming.spellings import MONTH_CODES


def parse_delivery_months(text: str) -> frozenset[int]:
    """Read `HMUZ` as the numbers 3, 6, 9 and 12; raises ValueError."""
    letters = text.strip().upper()
    if not letters or any(letter not in MONTH_CODES for letter in letters):
        raise ValueError(f"{text!r} is no list of months; write HMUZ, from {MONTH_CODES}")
    return frozenset(MONTH_CODES.index(letter) + 1 for letter in letters)
