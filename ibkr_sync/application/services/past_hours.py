"""When a product trades, or traded on a day that its current hours may not reach.

Hours that were stored as sent, before they were stored read, are read when they are asked for.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.entities.schedules import HoursKind, ScheduleEntries, TradingSchedule
from ibkr_sync.domain.ports.kept_hours import KeptHours
from ibkr_sync.domain.ports.sent_hours import SentHoursReader

if TYPE_CHECKING:
    from ibkr_sync.domain.hours.hours_by_day import DayHours, HoursOfDay, SentDay

F = TypeVar("F", bound=Future)


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
        from ibkr_sync.domain.hours.hours_by_day import current_hours_by_day, hours_of_day

        kept = {
            other: read_past_day(hours, product.time_zone, self._reader)
            for other, hours in self._kept.hours_by_day(product.key).items()
        }
        # A database that kept no hours by day when it stored the product answers like any other.
        days = current_hours_by_day(product, now) | kept
        return hours_of_day(product.symbol, day, kind, days)


def read_past_hours(product: F, reader: Callable[[], SentHoursReader]) -> F:
    """Give the product with what its contracts' hours mean, as far as they can be read."""
    read = {contract.con_id: _read(contract, reader) for contract in product.contracts}
    if all(read[contract.con_id] is contract for contract in product.contracts):
        return product
    return dataclasses.replace(product, contracts=tuple(read.values()))


def _read(contract: FuturesContract, reader: Callable[[], SentHoursReader]) -> FuturesContract:
    schedule, zone = contract.schedule, contract.time_zone
    if schedule is None or zone is None or not any(map(schedule.is_unread, HoursKind)):
        return contract
    return dataclasses.replace(contract, schedule=reader().read(schedule, ZoneInfo(zone)))


def read_past_day(day: DayHours, time_zone: str | None, reader: SentHoursReader) -> DayHours:
    """Give the hours of a day that was kept as sent, in its own zone, or in the one given.

    Without either they say nothing.
    """
    if day.sent is None:
        return day
    given = None if time_zone is None else ZoneInfo(time_zone)
    zone = reader.zone(day.sent.time_zone_id) or given
    if zone is None:
        return dataclasses.replace(day, trading=(), liquid=())
    read = reader.read(_schedule(day.sent), zone)
    return dataclasses.replace(
        day,
        trading=_entries(day.sent.trading, read.trading_sessions),
        liquid=_entries(day.sent.liquid, read.liquid_sessions),
        time_zone=zone.key,
        sent=None,
    )


def _schedule(sent: SentDay) -> TradingSchedule:
    return TradingSchedule(
        trading_hours=sent.trading or "",
        liquid_hours=sent.liquid or "",
        time_zone_id=sent.time_zone_id,
    )


def _entries(text: str | None, read: ScheduleEntries | None) -> ScheduleEntries | None:
    """What a text means: an empty one, that nothing begins on this day."""
    return () if text == "" else read
