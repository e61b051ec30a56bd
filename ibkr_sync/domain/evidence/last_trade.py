"""On which day trading stops when what is said of it is uncertain or contradictory: pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_EARTH = (timedelta(hours=-12), timedelta(0), timedelta(hours=14))
"""How far from UTC calendars are: the date of an instant is that of one of these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastTrade:
    """A contract's last trade: calendar date in the exchange's zone, and UTC instant if known."""

    date: date
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledLastTrade:
    """What is believed of a last trade.

    Attributes:
        believed: of a contract of which nothing else is known.
        others: what it may be as well; a contract that is known with one of these dates keeps it.
        is_contradicted: whether two statements are more than a day apart.
    """

    believed: LastTrade
    others: tuple[LastTrade, ...] = ()
    is_contradicted: bool = False

    @property
    def dates(self) -> tuple[date, ...]:
        """Every date that it may be, the one that is believed first."""
        return (self.believed.date, *(other.date for other in self.others))

    def given(self, known: date | None) -> LastTrade:
        """What is believed of a contract whose last trade date is known."""
        return next((other for other in self.others if other.date == known), self.believed)


def settle_last_trade(
    stated: LastTrade,
    zone: str | None,
    calendar_date: date | None = None,
    *,
    is_shifted: bool = False,
) -> SettledLastTrade:
    """Settle a last trade so that date and instant don't disagree.

    `zone` is the exchange's IANA zone, in which a known instant has its date. `calendar_date`
    is a date stated besides, which shifts with no zone. `is_shifted` says that the stated date
    is that of a clock in an unknown zone, so that it may be a day off.
    """
    if stated.at is not None and zone is not None:
        date_there = stated.at.astimezone(ZoneInfo(zone)).date()
        stated = LastTrade(date=date_there, at=stated.at)
        possible = {date_there}
    elif stated.at is not None:
        possible = {(stated.at + offset).date() for offset in _EARTH}
    elif is_shifted:
        possible = {stated.date - _DAY, stated.date, stated.date + _DAY}
    else:
        possible = {stated.date}
    if calendar_date is None:
        others = sorted(possible - {stated.date})
        return SettledLastTrade(
            believed=stated, others=tuple(LastTrade(date=day, at=stated.at) for day in others)
        )
    on_calendar = LastTrade(date=calendar_date, at=stated.at if calendar_date in possible else None)
    if abs(calendar_date - stated.date) <= _DAY:
        is_certain = stated.at is not None and zone is not None
        return SettledLastTrade(believed=stated if is_certain else on_calendar)
    first, second = sorted((stated, on_calendar), key=lambda item: item.date)
    return SettledLastTrade(believed=first, others=(second,), is_contradicted=True)
