"""Hours as IBKR sends them, with what they mean."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from ibkr_sync.domain.entities.schedules import ScheduleEntries, TradingSchedule
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.schedules import read_schedule


def sent_hours(
    trading: str,
    liquid: str = "",
    *,
    time_zone_id: str = "US/Central",
    zone: str = "America/Chicago",
) -> TradingSchedule:
    """A schedule with these texts, read in the zone."""
    sent = TradingSchedule(trading_hours=trading, liquid_hours=liquid, time_zone_id=time_zone_id)
    return read_schedule(sent, ZoneInfo(zone))


def entries(trading: str, zone: str = "America/Chicago") -> ScheduleEntries:
    """What hours mean; () for none."""
    return sent_hours(trading, zone=zone).trading_sessions or ()
