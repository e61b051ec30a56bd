"""Makes text from outside harmless, before it is stored and where it leaves again."""

from __future__ import annotations

import re
from functools import lru_cache

MAX_LENGTH = 512
"""Longest text kept for one field; IBKR's longest names are well under 200 characters."""

_HARMFUL_BUT_CONTROL = (
    "\x7f-\x9f"  # DEL and C1: terminal control
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidi: shows another text than is stored
    "\u2028\u2029\ufeff"  # line separators and byte order mark
    "\ud800-\udfff"  # lone surrogates: not encodable
)
_HARMFUL = re.compile(f"[\x00-\x1f{_HARMFUL_BUT_CONTROL}]")  # NUL breaks both databases
_UNSHOWABLE = re.compile(f"[\x00-\x08\x0b-\x1f{_HARMFUL_BUT_CONTROL}]")


@lru_cache(2048)
def clean_text(text: str, max_length: int = MAX_LENGTH) -> str | None:
    """Drop control, bidi and unencodable characters, trim, cap; None when nothing is left."""
    return _HARMFUL.sub("", text).strip()[:max_length] or None


def harmless_text(text: str) -> str:
    r"""Write as `\uXXXX` what a terminal may act on; tabs and line breaks stay.

    JSON says the same as before.
    """
    return _UNSHOWABLE.sub(_escape, text)


def harmless_line(text: str) -> str:
    r"""Write tabs and line breaks as `\uXXXX` too: what stands in a row begins no other one."""
    return _HARMFUL.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def quote_untrusted(value: object) -> str:
    """A value as an error message quotes it: escaped, and short whatever its size."""
    if isinstance(value, str):
        return repr(value[:80])
    return repr(value)[:80] if isinstance(value, int | float | None) else type(value).__name__
