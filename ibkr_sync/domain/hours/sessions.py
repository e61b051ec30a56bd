"""When an exchange trades: sessions and closed days of a few days, and what follows from them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from ibkr_sync.domain.entities.schedules import ClosedDay, ScheduleEntries, TradingSession
from ibkr_sync.domain.hours.wall_clock import midnight_by_clock

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketState:
    """Open or closed, and the UTC instant at which that changes; None when it is not known."""

    is_open: bool
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCalendar:
    """The sessions and closed days of a few days, in order; outside them nothing is known.

    Attributes:
        time_zone: the exchange's zone, in which its days begin and end.
        sessions: by opening; several a day stay apart, even where one follows at once.
        closed_days: days that are said to be closed; other days without a session exist.
    """

    time_zone: ZoneInfo
    sessions: tuple[TradingSession, ...] = ()
    closed_days: tuple[ClosedDay, ...] = ()

    def __post_init__(self) -> None:
        for earlier, later in pairwise(self.sessions):
            if later.opens_at < earlier.closes_at:
                raise ValueError(f"the session of {later.opens_at} opens before another closes")
        if any(first.date >= second.date for first, second in pairwise(self.closed_days)):
            raise ValueError("closed days must be in order, each once")

    @property
    def known_from(self) -> datetime | None:
        """The instant before which nothing is known: a day before the first day's beginning.

        Hours are sent from the current trade date on. Where the first one begins tomorrow, today
        is over.
        """
        first_days = [day.date for day in self.closed_days[:1]]
        first_days += [
            session.opens_at.astimezone(self.time_zone).date() for session in self.sessions[:1]
        ]
        return midnight_by_clock(min(first_days) - _DAY, self.time_zone) if first_days else None

    @property
    def known_until(self) -> datetime | None:
        """The instant from which on nothing is known: the last closing, or a closed day's end."""
        ends = [midnight_by_clock(day.date + _DAY, self.time_zone) for day in self.closed_days[-1:]]
        ends += [session.closes_at for session in self.sessions[-1:]]
        return max(ends, default=None)

    def current(self, now: datetime) -> TradingSession | None:
        """The session that the aware instant `now` is in."""
        index = bisect_right(self.sessions, now, key=lambda item: item.opens_at) - 1
        if index < 0 or now >= self.sessions[index].closes_at:
            return None
        return self.sessions[index]

    def next_open(self, now: datetime) -> datetime | None:
        """The first opening after the aware instant `now`; None when no later one is known."""
        return next((session.opens_at for session in self.sessions if session.opens_at > now), None)

    def is_open(self, now: datetime) -> bool | None:
        """Whether there is trading at the aware instant `now`; None when it is not known."""
        state = self.state(now)
        return None if state is None else state.is_open

    def state(self, now: datetime) -> MarketState | None:
        """Open or closed at the aware instant `now`, and until when; None when not known.

        A session that follows at once prolongs the opening.
        """
        session = self.current(now)
        if session is not None:
            return MarketState(is_open=True, until=self._end_of_opening(session))
        if self.known_from is None or self.known_until is None:
            return None
        if not self.known_from <= now < self.known_until:
            return None
        return MarketState(is_open=False, until=self.next_open(now))

    def on(self, day: date) -> tuple[TradingSession | ClosedDay, ...]:
        """What is known of one day in the exchange's zone (see `between`)."""
        return self.between(day, day)

    def between(self, first: date, last: date) -> tuple[TradingSession | ClosedDay, ...]:
        """The closed days, and the sessions any part of which is in these days, in order.

        Days are the exchange's and inclusive: an overnight session belongs to both its days.
        """
        start, end = (
            midnight_by_clock(first, self.time_zone),
            midnight_by_clock(last + _DAY, self.time_zone),
        )
        found: list[tuple[datetime, TradingSession | ClosedDay]] = [
            (session.opens_at, session)
            for session in self.sessions
            if session.opens_at < end and session.closes_at > start
        ]
        found += [
            (midnight_by_clock(day.date, self.time_zone), day)
            for day in self.closed_days
            if first <= day.date <= last
        ]
        return tuple(entry for _, entry in sorted(found, key=lambda pair: pair[0]))

    def _end_of_opening(self, session: TradingSession) -> datetime:
        end = session.closes_at
        for later in self.sessions[self.sessions.index(session) + 1 :]:
            if later.opens_at != end:
                break
            end = later.closes_at
        return end


def merged_sessions(zone: ZoneInfo, parts: Iterable[ScheduleEntries]) -> SessionCalendar:
    """Several parts as one calendar; a session that overlaps one of an earlier part is left out."""
    sessions: list[TradingSession] = []
    closed_days: set[date] = set()
    for part in parts:
        added = [session for session in part if isinstance(session, TradingSession)]
        sessions += [session for session in added if not _overlaps(session, sessions)]
        closed_days |= {session.date for session in part if isinstance(session, ClosedDay)}
    return SessionCalendar(
        time_zone=zone,
        sessions=tuple(sorted(sessions, key=lambda item: item.opens_at)),
        closed_days=tuple(ClosedDay(date=day) for day in sorted(closed_days)),
    )


def _overlaps(session: TradingSession, others: Iterable[TradingSession]) -> bool:
    return any(
        session.opens_at < other.closes_at and other.opens_at < session.closes_at
        for other in others
    )
