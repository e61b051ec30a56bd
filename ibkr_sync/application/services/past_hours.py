"""When a product trades, or traded, on a day that its current hours may not reach."""

from __future__ import annotations

from datetime import date, datetime

from ibkr_sync.application.services.sent_hours import read_sent_day
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.entities.schedules import HoursKind
from ibkr_sync.domain.hours.hours_by_day import HoursOfDay, hours_of_day, with_current_days
from ibkr_sync.domain.ports.kept_hours import KeptHours
from ibkr_sync.domain.ports.sent_hours import SentHoursReader


class PastHoursService:
    """Answers from the hours that are kept by day, and from those that are current."""

    def __init__(self, kept: KeptHours, reader: SentHoursReader) -> None:
        """Take the kept hours, and what reads those of days that were kept as sent."""
        self._kept = kept
        self._reader = reader

    def on(self, product: Future, day: date, kind: HoursKind, now: datetime) -> HoursOfDay:
        """Give what is known of one day at the aware instant `now`.

        The day is one of the zone that was the exchange's then; where that is unknown, of
        today's. Raises HoursUnknownError, saying which days are known, or StorageError.
        """
        kept = {
            each: read_sent_day(hours, product.time_zone, self._reader)
            for each, hours in self._kept.hours_by_day(product.key).items()
        }
        return hours_of_day(product.symbol, day, kind, with_current_days(kept, product, now))
