"""The hours of a product: those of its contracts, each for the days that it outlives.

The hours of a contract in its last session end with it: what follows is CLOSED in its row, and
open in those of its siblings. So of each day a contract speaks whose last trade date is later
than the day, and than the end of the sessions that begin on it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from ibkr_sync.domain.entities.contracts import ContractState, FuturesContract
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.entities.schedules import (
    ClosedDay,
    HoursKind,
    ScheduleEntries,
    TradingSession,
)
from ibkr_sync.domain.errors import HoursUnknownError
from ibkr_sync.domain.hours.contract_hours import ContractHours, hours_of
from ibkr_sync.domain.hours.sessions import SessionCalendar, merged_sessions
from ibkr_sync.domain.selection.series_choice import SeriesChoice, chosen_series

LONGEST_WINDOW = timedelta(days=400)
"""IBKR sends up to a month; what spans more than a year was not written by it."""

_DAY = timedelta(days=1)
_LISTED = (ContractState.ACTIVE, ContractState.MISSING)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenHours:
    """One day's hours, and the contract whose hours they are."""

    contract: FuturesContract
    entries: ScheduleEntries

    @property
    def zone(self) -> ZoneInfo:
        """The exchange's zone, in which the day begins and ends."""
        return ZoneInfo(self.contract.time_zone or "UTC")


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursOfProduct(ContractHours):
    """The hours of a product; `contract` speaks for today, `contracts` for all of the window."""

    contracts: tuple[FuturesContract, ...] = ()


def product_hours(
    future: Future, now: datetime, kind: HoursKind = HoursKind.TRADING
) -> HoursOfProduct:
    """Give the hours of a product from the aware instant `now` on.

    Where no contract has hours that could be read, they are those of the nearest, as sent. Raises
    HoursUnknownError when no listed contract has hours, or all that are stored lie in the past.
    """
    speaking = list(_speaking(future, now, kind))
    days = spoken_hours(speaking, kind)
    calendar = _calendar(days, now)
    if calendar is not None and calendar.known_until is not None and calendar.known_until > now:
        today = now.astimezone(calendar.time_zone).date()
        speakers = [spoken.contract for day, spoken in days.items() if day >= today]
        speakers = speakers or [spoken.contract for spoken in days.values()][-1:]
        return _of_product(speakers, kind, calendar)
    unread = (hours_of(other, kind) for other in speaking)
    nearest = next(
        (hours for hours in unread if hours is not None and hours.calendar is None), None
    )
    if nearest is not None:
        return _of_product([nearest.contract], kind, None, nearest.problem)
    if calendar is None or calendar.known_until is None:
        raise HoursUnknownError(future.symbol, kind.value, "none are stored", future.key)
    detail = f"those stored ended {calendar.known_until:%Y-%m-%d %H:%M} UTC"
    raise HoursUnknownError(future.symbol, kind.value, detail, future.key)


def current_hours(
    product: Future, now: datetime, kind: HoursKind = HoursKind.TRADING
) -> dict[date, SpokenHours]:
    """What the contracts of a product that are listed at the aware instant `now` say, by day."""
    return spoken_hours(_speaking(product, now, kind), kind)


def spoken_hours(contracts: Iterable[FuturesContract], kind: HoursKind) -> dict[date, SpokenHours]:
    """Of each day, in order, what the contract says that speaks for it.

    That is, of those whose last trade date is later, the nearest of those whose window rolled on
    last; else the one that ends last. A day of a window without an entry of
    its own has none: Friday's trading may be part of the session that began on Thursday evening.
    """
    windows = [_Window.of(group, kind) for group in _by_window(contracts, kind)]
    days = sorted({day for window in windows for day in window.days})
    spoken: dict[date, SpokenHours] = {}
    for day in days:
        known = [window for window in windows if day in window.days]
        outliving = [(window, heir) for window in known if (heir := window.outliving(day))]
        if outliving:
            window, contract = min(
                outliving, key=lambda item: (-item[0].first.toordinal(), *_order(item[1]))
            )
        else:
            window = max(known, key=lambda item: _order(item.contracts[-1]))
            contract = window.contracts[-1]
        spoken[day] = SpokenHours(contract=contract, entries=window.days[day])
    return spoken


@dataclass(frozen=True, slots=True, kw_only=True)
class _Window:
    """The days of a window that some contracts share, these in order of their end."""

    contracts: Sequence[FuturesContract]
    days: Mapping[date, ScheduleEntries]
    zone: ZoneInfo

    @classmethod
    def of(cls, contracts: Sequence[FuturesContract], kind: HoursKind) -> _Window:
        """The window of contracts that share their hours."""
        first = contracts[0]
        entries = first.schedule.entries(kind) if first.schedule else None
        zone = ZoneInfo(first.time_zone or "UTC")
        days = product_hours_by_day(entries or (), zone)
        return cls(contracts=sorted(contracts, key=_order), days=days, zone=zone)

    @property
    def first(self) -> date:
        """The first day; windows roll on, so that of two the later one is newer."""
        return next(iter(self.days))

    def outliving(self, day: date) -> FuturesContract | None:
        """The nearest contract whose last trade date is later than the day and its sessions."""
        ends = [
            other.closes_at.astimezone(self.zone).date()
            for other in self.days[day]
            if isinstance(other, TradingSession)
        ]
        end = max((day, *ends))
        place = bisect_right(self.contracts, end, key=lambda item: item.last_trade_date)
        return self.contracts[place] if place < len(self.contracts) else None


@lru_cache(256)
def product_hours_by_day(
    entries: ScheduleEntries, zone: ZoneInfo
) -> Mapping[date, ScheduleEntries]:
    """The entries of each day of a window from its first to its last, by the day they begin on.

    Empty for what is no window: nothing, or more than `LONGEST_WINDOW`.
    """
    by_day: dict[date, list[TradingSession | ClosedDay]] = {}
    for entry in entries:
        day = entry.date if isinstance(entry, ClosedDay) else entry.opens_at.astimezone(zone).date()
        by_day.setdefault(day, []).append(entry)
    if not by_day or max(by_day) - min(by_day) > LONGEST_WINDOW:
        return {}
    first, last = min(by_day), max(by_day)
    days = (first + number * _DAY for number in range((last - first).days + 1))
    return {day: tuple(by_day.get(day, ())) for day in days}


def _speaking(product: Future, now: datetime, kind: HoursKind) -> list[FuturesContract]:
    """The listed contracts that have hours, in order of their end: of the usual series, if any."""
    listed = sorted(
        (
            contract
            for contract in product.contracts
            if contract.schedule is not None
            and (contract.schedule.text(kind) or contract.schedule.entries(kind))
            and contract.state(now) in _LISTED
        ),
        key=_order,
    )
    usual = chosen_series(product, SeriesChoice.USUAL)
    return [contract for contract in listed if contract.series in usual] or listed


def _by_window(
    contracts: Iterable[FuturesContract], kind: HoursKind
) -> Iterator[list[FuturesContract]]:
    """The contracts with hours that could be read, those together that share them."""
    groups: dict[tuple[int, str], list[FuturesContract]] = {}
    for contract in contracts:
        entries = contract.schedule.entries(kind) if contract.schedule else None
        if entries and contract.time_zone is not None:
            groups.setdefault((id(entries), contract.time_zone), []).append(contract)
    yield from groups.values()


def _order(contract: FuturesContract) -> tuple[date, int]:
    return contract.last_trade_date, contract.con_id


def _calendar(days: Mapping[date, SpokenHours], now: datetime) -> SessionCalendar | None:
    """The days as one calendar, in the zone of who speaks for today."""
    if not days:
        return None
    today = now.date()
    zone = days[min(days, key=lambda day: abs(day - today))].zone
    return merged_sessions(zone, [spoken.entries for spoken in days.values()])


def _of_product(
    speakers: Sequence[FuturesContract],
    kind: HoursKind,
    calendar: SessionCalendar | None,
    problem: str | None = None,
) -> HoursOfProduct:
    schedule = speakers[0].schedule
    return HoursOfProduct(
        contract=speakers[0],
        kind=kind,
        text=schedule.text(kind) if schedule else "",
        time_zone_id=schedule.time_zone_id if schedule else "",
        calendar=calendar,
        problem=problem,
        contracts=tuple({speaker.con_id: speaker for speaker in speakers}.values()),
    )
