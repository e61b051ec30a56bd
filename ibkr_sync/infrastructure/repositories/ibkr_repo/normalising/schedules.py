"""From hours as sent to a schedule that says what they mean; what can't be read stays as sent."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from ibkr_sync.catalogue import iana_zone
from ibkr_sync.domain.entities.schedules import (
    ClosedDay,
    ScheduleEntries,
    TradingSchedule,
    TradingSession,
)
from ibkr_sync.domain.evidence.remarks import HOURS
from ibkr_sync.domain.hours.wall_clock import midnight_by_clock
from ibkr_sync.domain.ports.sent_hours import SentHoursReader
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.trading_hours import (
    UnreadHoursError,
    read_trading_hours,
)


class IbkrHoursReader(SentHoursReader):
    """Reads IBKR's notation, by its ids of zones."""

    def zone(self, time_zone_id: str) -> ZoneInfo | None:
        name = iana_zone(time_zone_id)
        return None if name is None else ZoneInfo(name)

    def read(self, schedule: TradingSchedule, zone: ZoneInfo) -> TradingSchedule:
        return read_schedule(schedule, zone)


@lru_cache(maxsize=256)
def read_schedule(schedule: TradingSchedule, zone: ZoneInfo) -> TradingSchedule:
    """The schedule with its entries, as far as its texts can be read; chains share one."""
    return dataclasses.replace(
        schedule,
        trading_sessions=_entries(schedule.trading_hours, zone),
        liquid_sessions=_entries(schedule.liquid_hours, zone),
    )


@lru_cache(maxsize=256)
def unread_hours(
    schedule: TradingSchedule | None, time_zone: str | None
) -> Mapping[str, UnreadHoursError]:
    """What of the hours can't be read in the zone, by the names of their fields.

    Nothing is said of hours in a zone that is not known.
    """
    unread: dict[str, UnreadHoursError] = {}
    for field, kind in HOURS.items():
        if schedule is not None and time_zone is not None and schedule.is_unread(kind):
            try:
                read_trading_hours(schedule.text(kind), ZoneInfo(time_zone))
            except UnreadHoursError as error:
                unread[field] = error
    return unread


def _entries(text: str, zone: ZoneInfo) -> ScheduleEntries | None:
    """Sessions and closed days in order of time; None for none."""
    try:
        calendar = read_trading_hours(text, zone)
    except UnreadHoursError:
        return None
    zone = calendar.time_zone
    dated: list[tuple[datetime, TradingSession | ClosedDay]] = [
        *((session.opens_at, session) for session in calendar.sessions),
        *((midnight_by_clock(day.date, zone), day) for day in calendar.closed_days),
    ]
    return tuple(value for _, value in sorted(dated, key=lambda pair: pair[0])) or None
