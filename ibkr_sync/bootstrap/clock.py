"""The clock that the tool runs by."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The present instant, in UTC."""
    return datetime.now(UTC)
