"""What is shown of the hours of a product, over some days or on one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.entities.schedules import ClosedDay, TradingSession
from ibkr_sync.domain.hours.hours_by_day import HoursOfDay
from ibkr_sync.domain.hours.product_hours import HoursOfProduct
from ibkr_sync.domain.hours.sessions import MarketState, SessionCalendar
from ibkr_sync_cli.units.clocks import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductHours:
    """The hours of a product from today on, for some days of the exchange."""

    future: Future
    hours: HoursOfProduct
    now: datetime
    days: int
    clock: Clock = Clock.EXCHANGE

    @property
    def calendar(self) -> SessionCalendar | None:
        """The hours, if they can be read."""
        return self.hours.calendar

    @property
    def state(self) -> MarketState | None:
        """In session or not; None when it is not known."""
        return self.calendar.state(self.now) if self.calendar else None

    @property
    def entries(self) -> tuple[TradingSession | ClosedDay, ...]:
        """The sessions and closed days of the days asked for; none if they can't be read."""
        if self.calendar is None:
            return ()
        today = self.now.astimezone(self.calendar.time_zone).date()
        return self.calendar.between(today, today + timedelta(days=self.days - 1))

    @property
    def segments(self) -> list[str]:
        """The hours as sent, a line per segment."""
        return [segment for segment in self.hours.text.split(";") if segment]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductDay:
    """The hours of a product on one day, at the aware instant `now`."""

    future: Future
    hours: HoursOfDay
    now: datetime
    clock: Clock = Clock.EXCHANGE
