"""Hours by the days they begin on, so that a window that rolls on leaves them behind."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.entities.schedules import (
    ClosedDay,
    HoursKind,
    ScheduleEntries,
    TradingSchedule,
    TradingSession,
)
from ibkr_sync.domain.errors import HoursUnknownError
from ibkr_sync.domain.hours.product_hours import (
    SpokenHours,
    current_hours,
    product_hours_by_day,
    spoken_hours,
)
from ibkr_sync.domain.hours.sessions import SessionCalendar, merged_sessions

REACH = timedelta(days=8)
"""How far from a day its hours may be dated: a session lasts a week at most."""

_DAY = timedelta(days=1)
_MOST_SPANS = 4
_REMEMBERED = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class SentDay:
    """The hours that begin on one day as sent: "" where the window has none, None beyond it."""

    trading: str | None
    liquid: str | None
    time_zone_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DayHours:
    """The hours that begin on one day; () where the window has none for it.

    None is a kind whose window does not reach this day. `time_zone` is the exchange's, in which
    the day begins and ends. Days kept before hours were kept read have neither, but `sent`.
    """

    trading: ScheduleEntries | None = None
    liquid: ScheduleEntries | None = None
    time_zone: str | None = None
    sent: SentDay | None = None

    def of(self, kind: HoursKind) -> ScheduleEntries | None:
        """The hours of one kind."""
        return self.trading if kind is HoursKind.TRADING else self.liquid


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursOfDay:
    """What is known of one day.

    Attributes:
        calendar: the days around it, in the zone that was the exchange's on this day.
        may_lack_earlier_sessions: whether the day before is not known, so that a session may be
            missing that began then.
    """

    day: date
    kind: HoursKind
    calendar: SessionCalendar
    may_lack_earlier_sessions: bool

    @property
    def entries(self) -> tuple[TradingSession | ClosedDay, ...]:
        """The sessions any part of which is on the day, and whether it is a closed day."""
        return self.calendar.on(self.day)


def current_hours_by_day(product: Future, now: datetime) -> dict[date, DayHours]:
    """What the current hours of a product say of each day, in order, at the aware instant `now`."""
    return _by_day({kind: current_hours(product, now, kind) for kind in HoursKind})


def days_of_new_hours(
    product: Future, before: Mapping[int, FuturesContract], now: datetime
) -> dict[date, DayHours]:
    """What a product's hours that are new at the aware instant `now` say of whole days, in order.

    `before` are the contracts as they were until then, by conId.
    """
    sent = {
        contract.con_id
        for contract in product.contracts
        if contract.schedule is not None
        and (contract.con_id not in before or contract.schedule != before[contract.con_id].schedule)
    }
    return hours_by_day_to_keep(product, before.values(), sent, now) if sent else {}


def hours_by_day_to_keep(
    product: Future, before: Iterable[FuturesContract], sent: Collection[int], now: datetime
) -> dict[date, DayHours]:
    """What the hours that were just stored say of days, as far as they are whole, in order.

    `before` are the contracts as they were stored until then, `sent` the conIds of those whose
    hours are new: of other days nothing is new. What begins late on the last day of a window may
    not be in it yet, so that day is kept when the next window comes, be it weeks later.
    """
    spoken = {kind: current_hours(product, now, kind) for kind in HoursKind}
    former = {kind: spoken_hours(before, kind) for kind in HoursKind}
    return _whole_days(spoken, former, _by_day(spoken, sent), _by_day(former))


@lru_cache(_REMEMBERED)  # the products of an exchange share their hours
def days_of_rolled_hours(
    before: TradingSchedule | None, said: TradingSchedule, time_zone: str | None
) -> Mapping[date, DayHours]:
    """What hours that all contracts of a product state alike say of whole days, in order.

    `before` are those that they had until then (see `days_of_new_hours`).
    """
    if said == before or time_zone is None:
        return {}
    current, former = (_windows(schedule, ZoneInfo(time_zone)) for schedule in (said, before))
    return _whole_days(current, former, _in_zone(current, time_zone), _in_zone(former, time_zone))


def _whole_days(
    current: Mapping[HoursKind, Mapping[date, object]],
    former: Mapping[HoursKind, Mapping[date, object]],
    said: Mapping[date, DayHours],
    was_said: Mapping[date, DayHours],
) -> dict[date, DayHours]:
    """What is said of the days that the windows of now hold whole, and of those left behind."""
    if not any(current.values()):
        return {}
    begins, ends = _first_and_last(current)
    whole = {day: hours for day, hours in said.items() if day < ends}
    if not any(former.values()):
        return whole
    _, ended = _first_and_last(former)
    return {day: hours for day, hours in was_said.items() if ended <= day < begins} | whole


def _windows(
    schedule: TradingSchedule | None, zone: ZoneInfo
) -> dict[HoursKind, Mapping[date, ScheduleEntries]]:
    """The windows of a schedule: what begins on each of their days."""
    return {
        kind: product_hours_by_day((schedule and schedule.entries(kind)) or (), zone)
        for kind in HoursKind
    }


def _in_zone(
    windows: Mapping[HoursKind, Mapping[date, ScheduleEntries]], time_zone: str
) -> dict[date, DayHours]:
    trading, liquid = windows[HoursKind.TRADING], windows[HoursKind.LIQUID]
    return {
        day: DayHours(trading=trading.get(day), liquid=liquid.get(day), time_zone=time_zone)
        for day in sorted({*trading, *liquid})
    }


def _by_day(
    spoken: Mapping[HoursKind, Mapping[date, SpokenHours]], among: Collection[int] | None = None
) -> dict[date, DayHours]:
    """Both kinds of each day, in order; given conIds, where one of them speaks."""
    found: dict[date, DayHours] = {}
    for day in sorted({day for days in spoken.values() for day in days}):
        heard = {
            kind: days[day]
            for kind, days in spoken.items()
            if day in days and (among is None or days[day].contract.con_id in among)
        }
        if heard:
            trading, liquid = (
                heard[kind].entries if kind in heard else None
                for kind in (HoursKind.TRADING, HoursKind.LIQUID)
            )
            zone = next(iter(heard.values())).contract.time_zone
            found[day] = DayHours(trading=trading, liquid=liquid, time_zone=zone)
    return found


def _first_and_last(spoken: Mapping[HoursKind, Mapping[date, object]]) -> tuple[date, date]:
    """The first day of either kind, and the last that both kinds reach."""
    windows = [days for days in spoken.values() if days]
    return min(map(min, windows)), min(map(max, windows))


def newly_said_days(
    current: Mapping[date, DayHours], kept: Mapping[date, DayHours]
) -> dict[date, DayHours]:
    """What a window says of its days that is not kept of them yet.

    A window begins with the current trade date, so its first day may lack sessions that are over:
    what is kept of them stays.
    """
    firsts = {kind: _first_day(current, kind) for kind in HoursKind}
    said: dict[date, DayHours] = {}
    for day, hours in current.items():
        before = kept.get(day)
        if before is not None and before.sent is not None and day in firsts.values():
            continue
        trading, liquid = (
            _said(kind, hours, before, is_first=firsts[kind] == day)
            for kind in (HoursKind.TRADING, HoursKind.LIQUID)
        )
        now = DayHours(trading=trading, liquid=liquid, time_zone=hours.time_zone)
        if now != before:
            said[day] = now
    return said


def hours_of_day(
    symbol: str, day: date, kind: HoursKind, days: Mapping[date, DayHours]
) -> HoursOfDay:
    """What is known of one day, from the hours of all known days of a product.

    Where a session of a day beside it overlaps one of this day, the other is left out. Raises
    HoursUnknownError, saying which days are known, when this one is not, or its zone.
    """
    known = sorted(other for other, hours in days.items() if hours.of(kind) is not None)
    if day not in known:
        raise HoursUnknownError(
            symbol, kind.value, f"of {day} nothing is kept{_known_spans(known)}"
        )
    zone = days[day].time_zone
    if zone is None:
        sentence = f"of {day} nothing is known without a time zone"
        raise HoursUnknownError(symbol, kind.value, sentence)
    around = [other for other in known if day - REACH <= other <= day + REACH and other != day]
    parts = (days[other].of(kind) or () for other in (day, *around))
    return HoursOfDay(
        day=day,
        kind=kind,
        calendar=merged_sessions(ZoneInfo(zone), parts),
        may_lack_earlier_sessions=day - _DAY not in known,
    )


def _known_spans(known: Iterable[date]) -> str:
    spans = spans_of_hours(known)
    if not spans:
        return ""
    sentence = [f"{first} to {last}" if first != last else str(first) for first, last in spans]
    more = "…, " if len(sentence) > _MOST_SPANS else ""
    return f"; known are {more}{', '.join(sentence[-_MOST_SPANS:])}"


def spans_of_hours(days: Iterable[date]) -> list[tuple[date, date]]:
    """Days in order as spans of days that follow each other, first and last inclusive."""
    spans: list[tuple[date, date]] = []
    for day in days:
        if spans and day - spans[-1][1] == _DAY:
            spans[-1] = (spans[-1][0], day)
        else:
            spans.append((day, day))
    return spans


def _first_day(current: Mapping[date, DayHours], kind: HoursKind) -> date | None:
    return min((day for day, hours in current.items() if hours.of(kind) is not None), default=None)


def _said(
    kind: HoursKind, hours: DayHours, before: DayHours | None, *, is_first: bool
) -> ScheduleEntries | None:
    entries, kept = hours.of(kind), before.of(kind) if before else None
    if entries is None or kept is None:
        return kept if entries is None else entries
    lacks_what_is_over = (
        is_first and 0 < len(entries) < len(kept) and kept[-len(entries) :] == entries
    )
    return kept if lacks_what_is_over else entries
