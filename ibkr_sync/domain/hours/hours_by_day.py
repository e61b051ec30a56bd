"""Hours cut into the days they are dated by, so that a window that rolls on leaves them behind.

IBKR sends hours as a window of a few trade dates, segments apart by `;` (see `trading_hours`).
A segment belongs to the day that it begins with. The days of a window without a segment of
their own are said to have none: Friday's trading may be part of the session that began on
Thursday evening.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from ibkr_sync.domain.entities.contracts import ContractState, FuturesContract, TradingSchedule
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.errors import HoursUnknownError
from ibkr_sync.domain.hours.contract_hours import HoursKind
from ibkr_sync.domain.hours.sessions import ClosedDay, SessionCalendar, TradingSession
from ibkr_sync.domain.hours.trading_hours import read_trading_hours
from ibkr_sync.domain.selection.series_choice import SeriesChoice, chosen_series

LONGEST_WINDOW = timedelta(days=400)
"""IBKR sends up to a month; what spans more than a year was not written by it."""

REACH = timedelta(days=8)
"""How far from a day its hours may be dated: a session lasts a week at most."""

_DAY = timedelta(days=1)
_UTC = ZoneInfo("UTC")
_MOST_SPANS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class DayHours:
    """The hours dated by one day, as sent; "" where the window has none for it.

    None is a kind whose window does not reach this day.
    """

    trading: str | None
    liquid: str | None
    time_zone_id: str

    def of(self, kind: HoursKind) -> str | None:
        """The hours of one kind."""
        return self.trading if kind is HoursKind.TRADING else self.liquid


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursOfDay:
    """What is known of one day.

    Attributes:
        hours: what was sent for it.
        calendar: the days around it, in the zone that was the exchange's on this day.
        may_lack_earlier_sessions: whether the day before is not known, so that a session may be
            missing that began then.
    """

    day: date
    kind: HoursKind
    hours: DayHours
    calendar: SessionCalendar
    may_lack_earlier_sessions: bool

    @property
    def entries(self) -> tuple[TradingSession | ClosedDay, ...]:
        """The sessions any part of which is on the day, and whether it is a closed day."""
        return self.calendar.on(self.day)

    @property
    def as_sent(self) -> str:
        """The hours that are dated by this day, as sent."""
        return self.hours.of(self.kind) or ""


def split_by_day(schedule: TradingSchedule, zone: ZoneInfo = _UTC) -> dict[date, DayHours]:
    """Cut a schedule into days, in order; the days' texts one after another are what was sent.

    Raises ValueError for hours that can't be read, or that span more than `LONGEST_WINDOW`.
    """
    trading = _window(schedule.trading_hours, zone)
    liquid = _window(schedule.liquid_hours, zone)
    return {
        day: DayHours(
            trading=trading.get(day), liquid=liquid.get(day), time_zone_id=schedule.time_zone_id
        )
        for day in sorted(trading.keys() | liquid.keys())
    }


def join_days(texts: Iterable[str | None]) -> str:
    """Put the hours of several days together again."""
    return ";".join(text for text in texts if text)


def newly_said_days(
    sent: Mapping[date, DayHours], kept: Mapping[date, DayHours]
) -> dict[date, DayHours]:
    """What a window says of its days that is not kept of them yet.

    A window begins with the current trade date, so its first day may lack sessions that are over:
    what is kept of them stays.
    """
    firsts = {kind: _first_day(sent, kind) for kind in HoursKind}
    said: dict[date, DayHours] = {}
    for day, hours in sent.items():
        before = kept.get(day)
        trading, liquid = (
            _said(kind, hours, before, is_first=firsts[kind] == day)
            for kind in (HoursKind.TRADING, HoursKind.LIQUID)
        )
        now = DayHours(trading=trading, liquid=liquid, time_zone_id=hours.time_zone_id)
        if now != before:
            said[day] = now
    return said


def schedule_by_day(product: Future, now: datetime) -> FuturesContract | None:
    """The contract whose hours stand for the product at the aware instant `now`.

    It is the nearest of the usual series that is listed and has any; None when none has.
    """
    usual = chosen_series(product, SeriesChoice.USUAL)
    listed = (
        each
        for each in product.contracts
        if each.schedule is not None
        and each.series in usual
        and each.state(now) is ContractState.ACTIVE
    )
    return min(listed, key=lambda each: (each.last_trade_date, each.con_id), default=None)


def with_current_days(
    kept: Mapping[date, DayHours], product: Future, now: datetime
) -> dict[date, DayHours]:
    """What is kept, and what the hours that are stored of the product's contracts add to it.

    A database that kept no hours by day when it stored the product answers like any other.
    """
    contract = schedule_by_day(product, now)
    if contract is None or contract.schedule is None:
        return dict(kept)
    try:
        current = split_by_day(contract.schedule, ZoneInfo(contract.time_zone or "UTC"))
    except ValueError:
        return dict(kept)
    return {day: hours for day, hours in current.items() if day not in kept} | dict(kept)


def hours_of_day(
    symbol: str,
    day: date,
    kind: HoursKind,
    days: Mapping[date, DayHours],
    zone_of: Callable[[str], ZoneInfo | None],
) -> HoursOfDay:
    """What is known of one day, from the hours of all known days of a product.

    `zone_of` gives the zone that an id as sent stands for; each day is read in its own, or in
    this day's if that is unknown. Where a session of another zone overlaps one of this day's
    zone, the other is left out. Raises HoursUnknownError, saying which days are known, when this
    one is not, or its zone, and ValueError for hours that can't be read.
    """
    known = sorted(each for each, hours in days.items() if hours.of(kind) is not None)
    if day not in known:
        raise HoursUnknownError(symbol, kind.value, f"of {day} nothing is kept{_told(known)}")
    zone = zone_of(days[day].time_zone_id)
    if zone is None:
        told = f"of {day} nothing can be told without a time zone"
        raise HoursUnknownError(symbol, kind.value, told)
    texts: dict[ZoneInfo, list[str | None]] = {zone: []}
    for each in known:
        if day - REACH <= each <= day + REACH:
            own = zone_of(days[each].time_zone_id) or zone
            texts.setdefault(own, []).append(days[each].of(kind))
    return HoursOfDay(
        day=day,
        kind=kind,
        hours=days[day],
        calendar=_merged([read_trading_hours(join_days(each), own) for own, each in texts.items()]),
        may_lack_earlier_sessions=day - _DAY not in known,
    )


def _merged(calendars: Sequence[SessionCalendar]) -> SessionCalendar:
    """The calendars as one in the first one's zone, whose sessions go before those of others."""
    sessions: list[TradingSession] = []
    for calendar in calendars:
        sessions += [
            each
            for each in calendar.sessions
            if all(
                each.closes_at <= other.opens_at or other.closes_at <= each.opens_at
                for other in sessions
            )
        ]
    closed = {each.date for calendar in calendars for each in calendar.closed_days}
    return SessionCalendar(
        time_zone=calendars[0].time_zone,
        sessions=tuple(sorted(sessions, key=lambda each: each.opens_at)),
        closed_days=tuple(ClosedDay(date=each) for each in sorted(closed)),
    )


def _told(known: Iterable[date]) -> str:
    spans = spans_of_hours(known)
    if not spans:
        return ""
    told = [f"{first} to {last}" if first != last else str(first) for first, last in spans]
    more = "…, " if len(told) > _MOST_SPANS else ""
    return f"; known are {more}{', '.join(told[-_MOST_SPANS:])}"


def spans_of_hours(days: Iterable[date]) -> list[tuple[date, date]]:
    """Days in order as spans of days that follow each other, first and last inclusive."""
    spans: list[tuple[date, date]] = []
    for day in days:
        if spans and day - spans[-1][1] == _DAY:
            spans[-1] = (spans[-1][0], day)
        else:
            spans.append((day, day))
    return spans


def _window(text: str, zone: ZoneInfo) -> dict[date, str]:
    """The segments of each day from the first to the last; empty when nothing was sent."""
    read_trading_hours(text, zone)
    segments: dict[date, list[str]] = defaultdict(list)
    for segment in (each.strip() for each in text.split(";")):
        if segment:
            segments[_date(segment)].append(segment)
    if not segments:
        return {}
    first, last = min(segments), max(segments)
    if last - first > LONGEST_WINDOW:
        raise ValueError(f"hours from {first} to {last} are no window")
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return {day: ";".join(segments.get(day, ())) for day in days}


def _date(segment: str) -> date:
    return date(int(segment[:4]), int(segment[4:6]), int(segment[6:8]))


def _first_day(sent: Mapping[date, DayHours], kind: HoursKind) -> date | None:
    return min((day for day, hours in sent.items() if hours.of(kind) is not None), default=None)


def _said(
    kind: HoursKind, hours: DayHours, before: DayHours | None, *, is_first: bool
) -> str | None:
    text, kept = hours.of(kind), before.of(kind) if before else None
    if text is None or kept is None:
        return kept if text is None else text
    lacks_what_is_over = is_first and kept.endswith(f";{text}")
    return kept if lacks_what_is_over else text
