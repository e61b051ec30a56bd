"""Business calendars from the `holidays` package, which is loaded with the first date."""

from __future__ import annotations

from datetime import date
from typing import Final

from ibkr_sync.domain.delivery.business_days import SATURDAY
from ibkr_sync.domain.ports.business_calendar import BusinessCalendar

_EXCHANGES_OF_MARKETS: Final[dict[str, tuple[str, ...]]] = {
    "weekdays": (),
    "us": ("XNYS",),
    "canada": ("XTSE",),
    "mexico": ("XMEX",),
    "uk": ("XLON",),
    "us_uk": ("XNYS", "XLON"),
    "europe": ("XETR",),
    "euronext": ("XPAR",),
    "italy": ("XMIL",),
    "spain": ("XMAD",),
    "ice_energy": ("IFEU",),
    "japan": ("XJPX",),
    "hong_kong": ("XHKG",),
    "singapore": ("XSES",),
    "korea": ("XKRX",),
    "india": ("XNSE",),
    "australia": ("XASX",),
}
"""Whose holidays a market keeps; futures settle on the holidays of the stock exchange."""


class HolidayCalendar(BusinessCalendar):
    """The exchanges' holidays by their published rules, from 2016 on.

    Threads may share one: a year of a market is made by whoever asks for it, and kept once it is
    whole. An object of `holidays` is none to share: it counts a year as made before it makes it.
    """

    def __init__(self) -> None:
        self._closed: dict[tuple[str, int], frozenset[date]] = {}

    def is_business_day(self, day: date, market: str) -> bool:
        """Whether no exchange of the market has a holiday that day, nor a weekend."""
        closed = self._closed.get((market, day.year))
        if closed is None:
            exchanges = _EXCHANGES_OF_MARKETS[market]
            closed = frozenset().union(*(_holidays(name, day.year) for name in exchanges))
            self._closed[market, day.year] = closed
        return day.weekday() < SATURDAY and day not in closed


def _holidays(exchange: str, year: int) -> frozenset[date]:
    from holidays import financial_holidays

    made = financial_holidays(exchange)
    if exchange == "XNYS":  # futures trade on days of mourning, stocks don't
        made.has_special_holidays = False
    made.get(date(year, 1, 1))  # makes the year
    return frozenset(day for day in made if day.year == year)
