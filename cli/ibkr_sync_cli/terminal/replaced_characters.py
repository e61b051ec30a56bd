"""What stands for our own characters in an encoding that lacks them."""

from __future__ import annotations

from collections.abc import Mapping

_IN_ASCII = {
    "─": "-",
    "▶": ">",
    "·": "|",
    "…": "~",
    "→": ">",
    "†": "+",
    "€": "EUR ",
    "£": "GBP ",
    "¥": "JPY ",
}
"""What stands for our own characters where there are no others; of one width, in tables."""


def replaced_characters(encoding: str) -> Mapping[int, str]:
    """Those that the encoding lacks, for `str.translate`."""
    return str.maketrans(
        {value: plain for value, plain in _IN_ASCII.items() if not _has(encoding, value)}
    )


def _has(encoding: str, character: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
