"""From hours as sent to a schedule that says what they mean; what can't be read stays as sent."""

from __future__ import annotations

import dataclasses
import logging
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from ibkr_sync.catalogue import iana_zone
from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.schedules import (
    ClosedDay,
    HoursKind,
    ScheduleEntries,
    TradingSchedule,
    TradingSession,
)
from ibkr_sync.domain.hours.wall_clock import midnight_by_clock
from ibkr_sync.domain.ports.sent_hours import SentHoursReader
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.trading_hours import (
    read_trading_hours,
)

_log = logging.getLogger(__name__)


class IbkrHoursReader(SentHoursReader):
    """Reads IBKR's notation, by its ids of zones."""

    def zone(self, time_zone_id: str) -> ZoneInfo | None:
        """Give the zone that IBKR's id stands for (see the port)."""
        name = iana_zone(time_zone_id)
        return None if name is None else ZoneInfo(name)

    def read(self, schedule: TradingSchedule, zone: ZoneInfo) -> TradingSchedule:
        """Give the schedule with what its texts mean (see the port)."""
        return read_schedule(schedule, zone)


@lru_cache(maxsize=256)
def read_schedule(schedule: TradingSchedule, zone: ZoneInfo) -> TradingSchedule:
    """The schedule with its entries, as far as its texts can be read; chains share one."""
    return dataclasses.replace(
        schedule,
        trading_sessions=_entries(schedule.trading_hours, zone),
        liquid_sessions=_entries(schedule.liquid_hours, zone),
    )


def report_unread_hours(contracts: Iterable[FuturesContract]) -> None:
    """Warn once of each text that can't be read, naming the first contract that came with it."""
    names: dict[str, list[str]] = defaultdict(list)
    for contract in contracts:
        for problem in _problems(contract):
            names[problem].append(contract.local_symbol)
    for problem, having in sorted(names.items()):
        others = f" and {len(having) - 1} more" if len(having) > 1 else ""
        _log.warning("%s%s: %s; kept as sent", having[0], others, problem)


def _entries(text: str, zone: ZoneInfo) -> ScheduleEntries | None:
    """Sessions and closed days in order of time; None for none."""
    try:
        calendar = read_trading_hours(text, zone)
    except ValueError:
        return None
    zone = calendar.time_zone
    dated: list[tuple[datetime, TradingSession | ClosedDay]] = [
        *((each.opens_at, each) for each in calendar.sessions),
        *((midnight_by_clock(each.date, zone), each) for each in calendar.closed_days),
    ]
    return tuple(each for _, each in sorted(dated, key=lambda pair: pair[0])) or None


def _problems(contract: FuturesContract) -> set[str]:
    schedule, zone = contract.schedule, contract.time_zone
    if schedule is None or zone is None:
        return set()
    problems: set[str] = set()
    for kind in HoursKind:
        if schedule.is_unread(kind):
            try:
                read_trading_hours(schedule.text(kind), ZoneInfo(zone))
            except ValueError as error:
                problems.add(f"{kind.value} hours can't be read: {error}")
    return problems
