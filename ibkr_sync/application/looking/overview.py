"""What is to be said of all that is stored: changes, freshness, dates and hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ibkr_sync.application.services.freshness import FreshnessReport
from ibkr_sync.domain.delivery.days_before import DaysBefore
from ibkr_sync.domain.delivery.expirations import Expiration
from ibkr_sync.domain.delivery.nearest_contract import NearestJudgement
from ibkr_sync.domain.entities.futures import Origin
from ibkr_sync.domain.entities.product_summary import ProductSummary
from ibkr_sync.domain.history.events import Event
from ibkr_sync.domain.hours.product_hours import HoursOfProduct


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductOverview:
    """A stored product at a glance.

    Attributes:
        nearest: the nearest contract that a long position may be held in; None where there is
            none, or several that differ in size alone.
        hours: its trading hours; None where none are known.
        expirations: its days in the calendar, in order.
    """

    summary: ProductSummary
    nearest: NearestJudgement | None
    hours: HoursOfProduct | None
    expirations: tuple[Expiration, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """All that is stored, as it was at the aware instant `now`.

    Attributes:
        since: from when on events are given, an aware instant.
        events: what matters most first.
        freshness: of what is watched, or of all if nothing is.
        within: how far ahead the calendar reaches.
        products: those that are not closed; where a position has to be left soonest first.
    """

    now: datetime
    since: datetime
    events: tuple[Event, ...]
    freshness: FreshnessReport
    within: DaysBefore
    products: tuple[ProductOverview, ...]

    @property
    def is_sample(self) -> bool:
        """Whether it is sample data."""
        return any(product.summary.origin is Origin.SAMPLE for product in self.products)

    @property
    def expirations(self) -> list[Expiration]:
        """The calendar of all products, in order of days."""
        every = (expiration for product in self.products for expiration in product.expirations)
        return sorted(every, key=lambda item: item.day)
