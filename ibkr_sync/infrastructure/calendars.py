"""Business calendars from the `holidays` package, which is loaded with the first date."""

from __future__ import annotations

from collections.abc import Container
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

    What was asked once is remembered: chains end on the same days, and `holidays` takes longer.
    """

    def __init__(self) -> None:
        self._closed: dict[str, Container[date]] = {}
        self._known: dict[tuple[str, date], bool] = {}

    def is_business_day(self, day: date, market: str) -> bool:
        """Whether no exchange of the market has a holiday that day, nor a weekend."""
        known = self._known.get((market, day))
        if known is None:
            exchanges = _EXCHANGES_OF_MARKETS[market]
            known = day.weekday() < SATURDAY and not any(
                day in self._holidays(exchange) for exchange in exchanges
            )
            self._known[market, day] = known
        return known

    def _holidays(self, exchange: str) -> Container[date]:
        if exchange not in self._closed:
            from holidays import financial_holidays

            found = financial_holidays(exchange)
            if exchange == "XNYS":  # futures trade on days of mourning, stocks don't
                found.has_special_holidays = False
            self._closed[exchange] = found
        return self._closed[exchange]
