"""Hours by day in a dictionary."""

from __future__ import annotations

from datetime import date

from ibkr_sync.domain.entities.contracts import TradingSchedule
from ibkr_sync.domain.entities.futures import ProductKey
from ibkr_sync.domain.hours.hours_by_day import DayHours, newly_said_days, split_by_day
from ibkr_sync.domain.ports.kept_hours import KeptHours


class InMemoryKeptHours(KeptHours):
    """Keeps what the local repository keeps; `days` is what a test may look at."""

    def __init__(self) -> None:
        self.days: dict[ProductKey, dict[date, DayHours]] = {}

    def hours_by_day(self, key: ProductKey) -> dict[date, DayHours]:
        return dict(sorted(self.days.get(key, {}).items()))

    def keep(self, key: ProductKey, schedule: TradingSchedule) -> None:
        """Keep what a window says, as storing a product with these hours does."""
        try:
            sent = split_by_day(schedule)
        except ValueError:
            return
        kept = self.days.setdefault(key, {})
        kept.update(newly_said_days(sent, kept))
