"""Reads `tradingHours` and `liquidHours`, in both formats that IBKR has sent.

Since TWS 970 each session has both its dates: `20180323:0400-20180323:2000`. A session that
runs overnight is dated by the day on which it starts.

Before, a day named its sessions in order of time: `20090507:0700-1830,1830-2330`. There the
date is the trade date, and a session that ends before it starts ran overnight. The first of its
day started on the evening before: for a currency pair, which trades from Sunday evening to
Friday afternoon, IBKR sent Friday and Monday as `1715-1700` with Saturday and Sunday `CLOSED`;
dated by its start, the weekend would open on Friday evening. The recorded `1900-0745,0830-1320`
(grains) and `1700-1515,1530-1600` (ES) are in order of time only if read so. A later session of
its day that runs overnight ends on the morning after, for the same reason.

Both write `20090508:CLOSED`, leave out segments (`;20240728:1900-…`) and send nothing at all
for expired contracts. Midnight is 0000 or, as an end, 2400.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ibkr_sync.domain.entities.schedules import ClosedDay, TradingSession
from ibkr_sync.domain.hours.sessions import SessionCalendar
from ibkr_sync.domain.hours.wall_clock import instant_of_wall_clock
from ibkr_sync.domain.untrusted_text import quote_untrusted

_TIME = "[0-9]{2}:?[0-9]{2}"
_SESSION = re.compile(
    rf"(?:(?P<opening_day>[0-9]{{8}}):)?(?P<opens>{_TIME})"
    rf"-(?:(?P<closing_day>[0-9]{{8}}):)?(?P<closes>{_TIME})",
    re.ASCII,
)
_CLOSED = re.compile(r"(?P<day>[0-9]{8}):CLOSED", re.ASCII)
_YEARS = range(1970, 2200)
_DAY = timedelta(days=1)
_LONGEST_SESSION = 7 * _DAY


class UnreadHoursError(ValueError):
    """A segment of hours can't be read.

    Attributes:
        segment: the segment as sent.
        reason: why, in words that are the same for every day.
    """

    def __init__(self, segment: str, reason: str) -> None:
        self.segment = segment
        self.reason = reason
        super().__init__(f"{quote_untrusted(segment)}: {reason}")


class _WallSession(NamedTuple):
    """A session as the exchange's clock shows it."""

    opens: datetime
    closes: datetime


@lru_cache(maxsize=256)
def read_trading_hours(text: str, zone: ZoneInfo) -> SessionCalendar:
    """Read hours as sent into UTC sessions and closed days; "" is an empty calendar.

    `zone` is the exchange's, which the times are in; `instant_of_wall_clock` says what a time
    means that the zone's clock shows twice or skips, and a session that lies wholly in a skipped
    hour does not take place. Raises UnreadHoursError for a segment that has no such form, is no
    date or time, closes before it opens, lasts more than a week or overlaps another session.
    """
    closed_days: set[date] = set()
    sessions: set[_WallSession] = set()
    for segment in _segments(text):
        try:
            closed = _CLOSED.fullmatch(segment)
            if closed is not None:
                closed_days.add(_date(closed["day"]))
            else:
                sessions.update(_read_segment(segment))
        except ValueError as error:
            raise UnreadHoursError(segment, str(error)) from error
    return SessionCalendar(
        time_zone=zone,
        sessions=tuple(_in_utc(_apart(sessions), zone)),
        closed_days=tuple(ClosedDay(date=day) for day in sorted(closed_days)),
    )


def _segments(text: str) -> Iterator[str]:
    stripped = (segment.strip() for segment in text.split(";"))
    return (segment for segment in stripped if segment)


def _read_segment(segment: str) -> list[_WallSession]:
    """The sessions of one trade date, which stand in order of time."""
    sessions: list[_WallSession] = []
    trade_date: date | None = None
    for part in segment.split(","):
        match = _SESSION.fullmatch(part.strip())
        if match is None:
            raise ValueError("is neither a session nor CLOSED")
        opening_day = _date(match["opening_day"]) if match["opening_day"] else trade_date
        if opening_day is None:
            raise ValueError("has no date")
        trade_date = trade_date or opening_day
        opens = _wall_time(opening_day, match["opens"])
        if match["closing_day"]:
            session = _WallSession(opens, _wall_time(_date(match["closing_day"]), match["closes"]))
        else:
            session = _undated_end(opens, match["closes"], opening_day, is_first=not sessions)
        sessions.append(_checked(session, after=sessions[-1] if sessions else None))
    return sessions


def _undated_end(opens: datetime, closes: str, day: date, *, is_first: bool) -> _WallSession:
    """A session of the older format, of which only the trade date is known."""
    end = _wall_time(day, closes)
    if end.time() == time.min and end.date() == day:
        end += _DAY  # an end at 0000 is the end of the day
    if opens < end:
        return _WallSession(opens, end)
    if is_first:
        return _WallSession(opens - _DAY, end)
    return _WallSession(opens, end + _DAY)


def _checked(session: _WallSession, *, after: _WallSession | None) -> _WallSession:
    if session.opens >= session.closes:
        raise ValueError("closes before it opens")
    if session.closes - session.opens > _LONGEST_SESSION:
        raise ValueError("lasts more than a week")
    if after is not None and session.opens < after.closes:
        raise ValueError("its sessions are not in order of time")
    return session


def _apart(sessions: Iterable[_WallSession]) -> list[_WallSession]:
    """In order of time; the same session sent twice is one."""
    ordered = sorted(sessions)
    for earlier, later in pairwise(ordered):
        if later.opens < earlier.closes:
            session = f"{later.opens:%Y%m%d:%H%M}-{later.closes:%Y%m%d:%H%M}"
            raise UnreadHoursError(session, "overlaps another session")
    return ordered


def _in_utc(sessions: Iterable[_WallSession], zone: ZoneInfo) -> Iterator[TradingSession]:
    for wall in sessions:
        opens_at, closes_at = (
            instant_of_wall_clock(wall.opens, zone),
            instant_of_wall_clock(wall.closes, zone),
        )
        if opens_at < closes_at:
            yield TradingSession(opens_at=opens_at, closes_at=closes_at)


def _date(text: str) -> date:
    day = date(int(text[:4]), int(text[4:6]), int(text[6:]))
    if day.year not in _YEARS:
        raise ValueError("not a likely year")
    return day


def _wall_time(day: date, text: str) -> datetime:
    """The time on that day, without its zone; 2400 is the next day's midnight."""
    hour, minute = int(text[:2]), int(text[-2:])
    if (hour, minute) == (24, 0):
        return datetime.combine(day + _DAY, time.min)
    return datetime.combine(day, time(hour, minute))
