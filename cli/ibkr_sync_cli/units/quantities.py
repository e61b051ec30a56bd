"""Counts and sizes as people read them."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from decimal import Decimal

import typer

from ibkr_sync.domain.errors import MalformedSymbolError
from ibkr_sync.domain.naming.spellings import parse_multiplier

_UNITS = ("bytes", "kB", "MB", "GB", "TB")
_STEP = 1000
_TEN = 10
_MOST_NAMED = 5
_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,18}", re.ASCII)


def size_quantity(size: int) -> str:
    """A size in its largest fitting unit: `999 bytes`, `1.2 kB`, `34 MB`."""
    value, unit = float(size), 0
    while round(value) >= _STEP and unit + 1 < len(_UNITS):
        value, unit = value / _STEP, unit + 1
    digits = 1 if unit and value < _TEN else 0
    return f"{value:.{digits}f} {_UNITS[unit]}"


def multiplier_quantity(text: str) -> Decimal:
    """Read a multiplier; raises typer's BadParameter."""
    try:
        return parse_multiplier(text)
    except MalformedSymbolError:
        raise typer.BadParameter(f"{text!r} is no multiplier; write 50 or 0.1") from None


def parse_limit(text: str) -> int:
    """Read how many things are wanted at most, `all` for any number; raises BadParameter."""
    typed = text.strip().lower()
    if typed == "all":
        return sys.maxsize
    if _WHOLE_NUMBER.fullmatch(typed) is None:
        raise typer.BadParameter(f"{text!r} isn't a whole number; write 12, or all")
    if int(typed) < 1:
        raise typer.BadParameter(f"{text!r} is too small; write 1 or more, or all")
    return int(typed)


def quantity_of(count: int, one: str, many: str | None = None) -> str:
    """A number with its noun: `1 product`, `2 products`."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def first_names(names: Sequence[str]) -> str:
    """A few of many names, and how many more there are: `A, B, C, D, E and 7 more`."""
    named, more = ", ".join(names[:_MOST_NAMED]), len(names) - _MOST_NAMED
    return f"{named} and {more} more" if more > 0 else named
