"""What is said of all that is stored, on repositories in memory."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta

from example_products import DECEMBER, ES, NOW
from fakes.catalogue import FakeCatalogue
from fakes.clock import FakeClock
from fakes.deliveries import NoDeliveries
from fakes.futures import InMemoryFutureRepository
from fakes.history import InMemoryHistory
from fakes.pins import InMemoryPins
from fakes.runs import InMemoryRuns
from fakes.watchlist import InMemoryWatchlist
from ibkr_sync.application.looking.overview import Overview
from ibkr_sync.application.looking.overview_service import OverviewService
from ibkr_sync.application.resolution.symbol_resolver import SymbolResolver
from ibkr_sync.application.services.deliveries.delivery import DeliveryService
from ibkr_sync.application.services.freshness import FreshnessService
from ibkr_sync.application.services.futures import FuturesService
from ibkr_sync.application.services.history import HistoryService
from ibkr_sync.application.services.watching.watchlist import WatchlistService
from ibkr_sync.catalogue.delivery_rules import load_delivery_rules
from ibkr_sync.domain.delivery.days_before import DaysBefore
from ibkr_sync.domain.delivery.delivery_book import DeliveryBook
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.infrastructure.calendars import HolidayCalendar


def overview_of(*products: Future) -> Overview:
    clock = FakeClock(NOW)
    repository = InMemoryFutureRepository(Future, clock)
    repository.products.update({product.key: product for product in products})
    names = SymbolResolver(FakeCatalogue(), InMemoryPins(), repository, clock)
    futures = FuturesService(repository, names, repository)
    watchlist = WatchlistService(InMemoryWatchlist(), futures)
    service = OverviewService(
        futures,
        HistoryService(InMemoryHistory(repository)),
        FreshnessService(watchlist, futures, InMemoryRuns(repository)),
        DeliveryService(
            DeliveryBook(load_delivery_rules(), {}, HolidayCalendar()), NoDeliveries(), clock
        ),
    )
    return service.overview(
        NOW,
        since=NOW - timedelta(days=7),
        within=DaysBefore(count=90),
        max_age=timedelta(hours=26),
    )


def test_what_has_to_be_left_soonest_is_first_and_what_is_closed_is_left_out() -> None:
    january = dataclasses.replace(DECEMBER, last_trade_date=date(2027, 1, 15), last_trade_at=None)
    later = dataclasses.replace(ES, symbol="AA", contracts=(january,))
    ended = dataclasses.replace(DECEMBER, last_trade_date=date(2026, 11, 2), last_trade_at=None)
    over = dataclasses.replace(ES, symbol="AB", contracts=(ended,))
    closed = dataclasses.replace(ES, symbol="AC", closed_at=NOW)

    found = overview_of(later, over, closed, ES)

    nearest = {
        product.summary.key.symbol: product.nearest and product.nearest.limit.last_day
        for product in found.products
    }
    assert list(nearest.items()) == [
        ("ES", date(2026, 12, 18)),
        ("AA", date(2027, 1, 15)),
        ("AB", None),
    ]
    assert (found.freshness.checked, found.is_sample) == (3, False)
