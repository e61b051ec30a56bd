"""How much an event matters."""

from __future__ import annotations

from enum import StrEnum


class Severity(StrEnum):
    """How much an event matters to one who trades, the least first."""

    INFO = "info"
    NOTICE = "notice"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Higher for what matters more."""
        return list(Severity).index(self)
