"""The hours of a contract, and those that stand for its product."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from ibkr_sync.domain.entities.contracts import ContractState, FuturesContract
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.errors import HoursUnknownError
from ibkr_sync.domain.hours.sessions import MarketState, SessionCalendar
from ibkr_sync.domain.hours.trading_hours import read_trading_hours
from ibkr_sync.domain.untrusted_text import quote_untrusted


class HoursKind(StrEnum):
    """Which of the two windows that IBKR sends: all trading, or when trading is liquid."""

    TRADING = "trading"
    LIQUID = "liquid"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractHours:
    """One window of hours of a contract.

    Attributes:
        text: the hours as IBKR sent them.
        time_zone_id: the zone as IBKR sent it.
        calendar: what they mean; None when they can't be read.
        problem: why they can't be read.
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
    """Read a contract's hours as far as they can be read; None when none were sent."""
    schedule = contract.schedule
    if schedule is None:
        return None
    text = schedule.trading_hours if kind is HoursKind.TRADING else schedule.liquid_hours
    if not text:
        return None
    calendar, problem = None, None
    if contract.time_zone is None:
        problem = f"time zone {quote_untrusted(schedule.time_zone_id)} is not known"
    else:
        try:
            calendar = read_trading_hours(text, ZoneInfo(contract.time_zone))
        except ValueError as error:
            problem = f"{kind.value} hours can't be read: {error}"
    return ContractHours(
        contract=contract,
        kind=kind,
        text=text,
        time_zone_id=schedule.time_zone_id,
        calendar=calendar,
        problem=problem,
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


def product_hours(
    future: Future, now: datetime, kind: HoursKind = HoursKind.TRADING
) -> ContractHours:
    """Give the hours of the nearest listed contract that has any at the aware instant `now`.

    Hours that can't be read count. Raises HoursUnknownError when no listed contract has hours,
    or all that are stored lie in the past.
    """
    listed = (ContractState.ACTIVE, ContractState.MISSING)
    chain = (hours_of(each, kind) for each in future.contracts if each.state(now) in listed)
    stored = [hours for hours in chain if hours is not None]
    for hours in stored:
        if hours.calendar is None or _reaches_beyond(hours.calendar, now):
            return hours
    ends = [each.calendar.known_until for each in stored if each.calendar is not None]
    last = max((end for end in ends if end is not None), default=None)
    if last is None:
        raise HoursUnknownError(future.symbol, kind.value, "none are stored", future.key)
    told = f"those stored ended {last:%Y-%m-%d %H:%M} UTC"
    raise HoursUnknownError(future.symbol, kind.value, told, future.key)


def _reaches_beyond(calendar: SessionCalendar, now: datetime) -> bool:
    return calendar.known_until is not None and calendar.known_until > now
