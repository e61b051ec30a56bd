"""When a product trades, or traded, on a day that its current hours may not reach."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from ibkr_sync.domain.contract_hours import HoursKind
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.errors import HoursUnknownError
from ibkr_sync.domain.hours_by_day import HoursOfDay, calendar_of_day, with_current
from ibkr_sync.domain.ports.kept_hours import KeptHours


class PastHoursService:
    """Answers from the hours that are kept by day, and from those that are current."""

    def __init__(self, kept: KeptHours) -> None:
        self._kept = kept

    def on(self, product: Future, day: date, kind: HoursKind, now: datetime) -> HoursOfDay:
        """Give what is known of one day, in the exchange's zone, at the aware instant `now`.

        Raises HoursUnknownError, saying which days are known, or StorageError.
        """
        days = with_current(self._kept.hours_by_day(product.key), product, now)
        if product.time_zone is None:
            raise HoursUnknownError(
                product.symbol, kind.value, f"of {day} nothing can be told without a time zone"
            )
        zone = ZoneInfo(product.time_zone)
        try:
            calendar = calendar_of_day(product.symbol, day, kind, days, zone)
        except ValueError as error:
            told = f"those kept of {day} can't be read: {error}"
            raise HoursUnknownError(product.symbol, kind.value, told) from error
        return HoursOfDay(day=day, kind=kind, hours=days[day], calendar=calendar)
