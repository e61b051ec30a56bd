"""The port to what a source's notation of hours means: what was kept as text is read through it."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from ibkr_sync.domain.entities.schedules import TradingSchedule


class SentHoursReader(Protocol):
    """Reads hours that were stored as sent, before what they mean was stored beside them."""

    @abstractmethod
    def zone(self, time_zone_id: str) -> ZoneInfo | None:
        """Give the zone that an id as sent stands for; None if that is not known."""

    @abstractmethod
    def read(self, schedule: TradingSchedule, zone: ZoneInfo) -> TradingSchedule:
        """Give the schedule with what its texts mean in the zone, as far as they can be read."""
