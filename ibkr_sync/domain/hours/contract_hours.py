"""The hours of a contract."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from ibkr_sync.domain.entities.contracts import ContractState, FuturesContract
from ibkr_sync.domain.entities.schedules import (
    ClosedDay,
    HoursKind,
    ScheduleEntries,
    TradingSession,
)
from ibkr_sync.domain.hours.sessions import MarketState, SessionCalendar
from ibkr_sync.domain.untrusted_text import quote_untrusted


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractHours:
    """One window of hours of a contract.

    Attributes:
        text: the hours as IBKR sent them.
        time_zone_id: the zone as IBKR sent it.
        calendar: what they mean; None when they could not be read.
        problem: why they could not be read.
    """

    contract: FuturesContract
    kind: HoursKind
    text: str
    time_zone_id: str
    calendar: SessionCalendar | None = None
    problem: str | None = None


def hours_of(
    contract: FuturesContract, kind: HoursKind = HoursKind.TRADING
) -> ContractHours | None:
    """Give a contract's hours, as far as they could be read; None when none were sent."""
    schedule = contract.schedule
    if schedule is None:
        return None
    text, entries = schedule.text(kind), schedule.entries(kind)
    if not text and entries is None:
        return None
    calendar, problem = None, None
    if contract.time_zone is None:
        problem = f"time zone {quote_untrusted(schedule.time_zone_id)} is not known"
    elif entries is None:
        problem = f"{kind.value} hours can't be read"
    else:
        calendar = hours_calendar(entries, ZoneInfo(contract.time_zone))
    return ContractHours(
        contract=contract,
        kind=kind,
        text=text,
        time_zone_id=schedule.time_zone_id,
        calendar=calendar,
        problem=problem,
    )


@lru_cache(256)
def hours_calendar(entries: ScheduleEntries, zone: ZoneInfo) -> SessionCalendar:
    """The sessions and closed days of an exchange in this zone."""
    return SessionCalendar(
        time_zone=zone,
        sessions=tuple(entry for entry in entries if isinstance(entry, TradingSession)),
        closed_days=tuple(entry for entry in entries if isinstance(entry, ClosedDay)),
    )


def contract_market_state(contract: FuturesContract, now: datetime) -> MarketState | None:
    """Whether a contract trades at the aware instant `now`, and until when.

    Its last trade ends its last session, and nothing opens after it. None when it is not known,
    for a contract that has expired, and for one that was delisted.
    """
    if contract.state(now) in (ContractState.EXPIRED, ContractState.DELISTED):
        return None
    hours = hours_of(contract)
    state = hours.calendar.state(now) if hours is not None and hours.calendar is not None else None
    end = contract.last_trade_at
    if state is None or state.until is None or end is None or state.until <= end:
        return state
    return dataclasses.replace(state, until=end if state.is_open else None)
