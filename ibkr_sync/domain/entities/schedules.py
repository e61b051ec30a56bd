"""When a contract trades: sessions and closed days of a few days, as its source read them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Self, TypeAlias

from ibkr_sync.domain.entities.fields import Kind, kind

_INSTANT = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2})?Z"
_SESSION = re.compile(rf"({_INSTANT})/({_INSTANT})", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


class HoursKind(StrEnum):
    """Which of the two windows that IBKR sends: all trading, or when trading is liquid."""

    TRADING = "trading"
    LIQUID = "liquid"


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingSession:
    """One stretch of trading, from `opens_at` until before `closes_at`, both UTC."""

    opens_at: datetime
    closes_at: datetime

    def __post_init__(self) -> None:
        if self.opens_at.tzinfo is not UTC or self.closes_at.tzinfo is not UTC:
            raise ValueError("a session opens and closes at UTC instants")
        if self.opens_at >= self.closes_at:
            raise ValueError(f"a session must not close ({self.closes_at}) before it opens")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `2026-11-22T23:00Z/2026-11-23T22:00Z`; raises ValueError for anything else."""
        match = _SESSION.fullmatch(text)
        if match is None:
            raise ValueError(f"not a session: {text!r}")
        opens_at, closes_at = (
            datetime.fromisoformat(group).astimezone(UTC) for group in match.groups()
        )
        return cls(opens_at=opens_at, closes_at=closes_at)

    def __str__(self) -> str:
        return f"{_instant_text(self.opens_at)}/{_instant_text(self.closes_at)}"

    @property
    def duration(self) -> timedelta:
        """How long the session lasts, in elapsed time."""
        return self.closes_at - self.opens_at


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedDay:
    """A day, in the exchange's zone, without a session of its own."""

    date: date

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `2026-11-26`; raises ValueError for anything else."""
        if _DAY.fullmatch(text) is None:
            raise ValueError(f"not a day: {text!r}")
        return cls(date=date.fromisoformat(text))

    def __str__(self) -> str:
        return self.date.isoformat()


ScheduleEntries: TypeAlias = tuple[TradingSession | ClosedDay, ...]
"""What is said of a few days: sessions in order, none overlapping another, and closed days."""


def parse_schedule_entries(texts: Iterable[str]) -> ScheduleEntries:
    """Read entries as `str` writes them; ValueError where they are out of order or overlap."""
    entries = tuple(
        TradingSession.parse(text) if "/" in text else ClosedDay.parse(text) for text in texts
    )
    sessions = [entry for entry in entries if isinstance(entry, TradingSession)]
    if any(later.opens_at < earlier.closes_at for earlier, later in pairwise(sessions)):
        raise ValueError("sessions must be in order, and not overlap")
    days = [entry.date for entry in entries if isinstance(entry, ClosedDay)]
    if any(first >= second for first, second in pairwise(days)):
        raise ValueError("closed days must be in order, each once")
    return entries


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingSchedule:
    """A rolling window of hours; it changes daily, so it is never diffed.

    Source: IBKR `tradingHours`, `liquidHours`, `timeZoneId`, each kept as sent and opaque: only
    the source knows its notation. What it read in them stands beside, None where nothing was
    sent, or nothing could be read.
    """

    trading_hours: str = field(metadata=kind(Kind.POSSIBLY_EMPTY_TEXT))
    liquid_hours: str = field(metadata=kind(Kind.POSSIBLY_EMPTY_TEXT))
    time_zone_id: str = field(metadata=kind(Kind.POSSIBLY_EMPTY_TEXT))
    trading_sessions: ScheduleEntries | None = field(default=None, metadata=kind(Kind.SESSIONS))
    liquid_sessions: ScheduleEntries | None = field(default=None, metadata=kind(Kind.SESSIONS))

    def text(self, kind: HoursKind) -> str:
        """The hours of one kind as sent."""
        return self.trading_hours if kind is HoursKind.TRADING else self.liquid_hours

    def entries(self, kind: HoursKind) -> ScheduleEntries | None:
        """The hours of one kind as the source read them."""
        return self.trading_sessions if kind is HoursKind.TRADING else self.liquid_sessions

    def is_unread(self, kind: HoursKind) -> bool:
        """Whether hours were sent that nobody has read."""
        return bool(self.text(kind)) and self.entries(kind) is None


def _instant_text(at: datetime) -> str:
    return at.replace(tzinfo=None).isoformat(timespec="seconds" if at.second else "minutes") + "Z"
