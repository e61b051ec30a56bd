"""Counts, sizes and instants as people read them."""

from __future__ import annotations

from datetime import UTC, datetime

_UNITS = ("bytes", "kB", "MB", "GB", "TB")
_STEP = 1000
_TEN = 10


def readable_size(size: int) -> str:
    """A size in its largest fitting unit: `999 bytes`, `1.2 kB`, `34 MB`."""
    value, unit = float(size), 0
    while round(value) >= _STEP and unit + 1 < len(_UNITS):
        value, unit = value / _STEP, unit + 1
    digits = 1 if unit and value < _TEN else 0
    return f"{value:.{digits}f} {_UNITS[unit]}"


def counted(count: int, one: str, many: str | None = None) -> str:
    """A number with its noun: `1 product`, `2 products`."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def instant_text(instant: datetime) -> str:
    """A UTC instant to the minute: `2026-11-23 12:05 UTC`."""
    return f"{instant:%Y-%m-%d %H:%M} UTC"


def instant_value(instant: datetime | None) -> str | None:
    """An instant as machines read it, in UTC: `2026-11-23T12:05:00Z`; None stays None."""
    return None if instant is None else instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
