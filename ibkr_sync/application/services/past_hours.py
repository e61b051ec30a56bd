"""When a product trades, or traded, on a day that its current hours may not reach."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.errors import HoursUnknownError
from ibkr_sync.domain.hours.contract_hours import HoursKind
from ibkr_sync.domain.hours.hours_by_day import HoursOfDay, hours_of_day, with_current_days
from ibkr_sync.domain.ports.kept_hours import KeptHours


class PastHoursService:
    """Answers from the hours that are kept by day, and from those that are current."""

    def __init__(self, kept: KeptHours, iana_zone: Callable[[str], str | None]) -> None:
        """Take the kept hours, and what names the zone that an id as sent stands for."""
        self._kept = kept
        self._iana_zone = iana_zone

    def on(self, product: Future, day: date, kind: HoursKind, now: datetime) -> HoursOfDay:
        """Give what is known of one day at the aware instant `now`.

        The day is one of the zone that was the exchange's then, as it was sent with the hours;
        where that is unknown, of today's.
        Raises HoursUnknownError, saying which days are known, or StorageError.
        """
        days = with_current_days(self._kept.hours_by_day(product.key), product, now)

        def zone_of(time_zone_id: str) -> ZoneInfo | None:
            name = self._iana_zone(time_zone_id) or product.time_zone
            return ZoneInfo(name) if name else None

        try:
            return hours_of_day(product.symbol, day, kind, days, zone_of)
        except ValueError as error:
            told = f"those kept of {day} can't be read: {error}"
            raise HoursUnknownError(product.symbol, kind.value, told) from error
