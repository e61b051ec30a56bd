"""Makes text from outside harmless before it is stored."""

from __future__ import annotations

import re
from functools import lru_cache

MAX_LENGTH = 512
"""Longest text kept for one field; IBKR's longest names are well under 200 characters."""

_HARMFUL = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # C0, DEL and C1: terminal control, NUL breaks both databases
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidi: shows another text than is stored
    "\u2028\u2029\ufeff"  # line separators and byte order mark
    "\ud800-\udfff"  # lone surrogates: not encodable
    "]"
)


@lru_cache(2048)
def clean_text(text: str, max_length: int = MAX_LENGTH) -> str | None:
    """Drop control, bidi and unencodable characters, trim, cap; None when nothing is left."""
    return _HARMFUL.sub("", text).strip()[:max_length] or None


def shown(value: object) -> str:
    """A value as an error message quotes it: escaped, and short whatever its size."""
    if isinstance(value, str):
        return repr(value[:80])
    return repr(value)[:80] if isinstance(value, int | float | None) else type(value).__name__
