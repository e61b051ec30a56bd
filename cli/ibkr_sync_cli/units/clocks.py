"""Whose clock the times of a table are read from."""

from __future__ import annotations

from datetime import UTC, tzinfo
from enum import StrEnum


class Clock(StrEnum):
    """The exchange's clock, this machine's, or UTC."""

    EXCHANGE = "exchange"
    LOCAL = "local"
    UTC = "utc"

    def zone(self, exchange: tzinfo) -> tzinfo | None:
        """The zone to convert instants to; None is this machine's, as `astimezone` has it."""
        return {Clock.EXCHANGE: exchange, Clock.LOCAL: None, Clock.UTC: UTC}[self]
