"""Puts together what the services for single questions answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from ibkr_sync.application.looking.overview import Overview, ProductOverview
from ibkr_sync.application.services.deliveries.delivery import DeliveryService
from ibkr_sync.application.services.freshness import FreshnessService
from ibkr_sync.application.services.futures import FuturesService
from ibkr_sync.application.services.history import HistoryService
from ibkr_sync.domain.delivery.days_before import DaysBefore
from ibkr_sync.domain.delivery.expirations import Expiration
from ibkr_sync.domain.delivery.nearest_contract import NearestJudgement, NearestRule
from ibkr_sync.domain.entities.futures import Future, Origin, ProductKey
from ibkr_sync.domain.entities.product_summary import ProductSummary
from ibkr_sync.domain.errors import (
    AmbiguousContractError,
    HoursUnknownError,
    NoTradableContractError,
)
from ibkr_sync.domain.hours.product_hours import HoursOfProduct, product_hours
from ibkr_sync.domain.naming.query import FutureQuery


class OverviewService:
    """Looks at all that is stored."""

    def __init__(
        self,
        futures: FuturesService[Future],
        history: HistoryService,
        freshness: FreshnessService,
        deliveries: DeliveryService,
    ) -> None:
        self._futures = futures
        self._history = history
        self._freshness = freshness
        self._deliveries = deliveries

    def overview(
        self, now: datetime, *, since: datetime, within: DaysBefore, max_age: timedelta
    ) -> Overview:
        """Give all that is stored at a glance, as of the aware instant `now`.

        Events are those since an aware instant, and what is older than `max_age` is stale. Raises
        StorageError.
        """
        calendar: defaultdict[ProductKey, list[Expiration]] = defaultdict(list)
        for expiration in self._deliveries.expirations(now, within):
            calendar[expiration.delivering.product.key].append(expiration)
        products = (
            self._product(summary, calendar[summary.key], now) for summary in self._summaries()
        )
        return Overview(
            now=now,
            since=since,
            events=self._history.changes(since, now),
            freshness=self._freshness.check(max_age, now),
            within=within,
            products=tuple(sorted(products, key=_urgency)),
        )

    def _summaries(self) -> Iterator[ProductSummary]:
        for summary in self._futures.list_products():
            if summary.origin is not Origin.CATALOGUE and not summary.is_closed:
                yield summary

    def _product(
        self, summary: ProductSummary, expirations: list[Expiration], now: datetime
    ) -> ProductOverview:
        product = self._futures.show(FutureQuery(**summary.key._asdict()))
        return ProductOverview(
            summary=summary,
            nearest=self._nearest(product, now),
            hours=_hours(product, now),
            expirations=tuple(expirations),
        )

    def _nearest(self, product: Future, now: datetime) -> NearestJudgement | None:
        try:
            return self._deliveries.judge(product, NearestRule(), now).nearest()
        except (AmbiguousContractError, NoTradableContractError):
            return None


def _hours(product: Future, now: datetime) -> HoursOfProduct | None:
    try:
        return product_hours(product, now)
    except HoursUnknownError:
        return None


def _urgency(product: ProductOverview) -> tuple[date, ProductKey]:
    nearest = product.nearest
    return date.max if nearest is None else nearest.limit.last_day, product.summary.key
