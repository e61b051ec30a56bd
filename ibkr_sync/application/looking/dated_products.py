"""Products with their delivery dates, as they are or were known, and the nearest contract."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from ibkr_sync.domain.errors import NotYetKnownError
from ibkr_sync.domain.selection.size_choice import refuse_other_size

if TYPE_CHECKING:
    from ibkr_sync.application.services.deliveries.delivery import DeliveryService
    from ibkr_sync.application.services.futures import FuturesService
    from ibkr_sync.application.services.history import HistoryService
    from ibkr_sync.domain.delivery.nearest_contract import NearestJudgements, NearestRule
    from ibkr_sync.domain.entities.futures import Future
    from ibkr_sync.domain.entities.market_rules import MarketRule
    from ibkr_sync.domain.history.moments import PastMoment
    from ibkr_sync.domain.naming.limits import Limits
    from ibkr_sync.domain.naming.query import FutureQuery


class DatedProductsService:
    """Looks at stored products with all that is known of them; raises StorageError.

    `history` is asked for of the past alone: what is known now is given without loading it.
    """

    def __init__(
        self,
        futures: FuturesService[Future],
        history: Callable[[], HistoryService],
        deliveries: DeliveryService,
    ) -> None:
        self._futures = futures
        self._history = history
        self._deliveries = deliveries

    def as_known(
        self, product: Future, past: PastMoment | None, query: FutureQuery, limits: Limits
    ) -> Future:
        """Give a stored product as it is, or was known at a moment, with what was of deliveries.

        `query` is what the product was found by, and `limits` what was said of it. Of the past
        without the contracts that their multiplier decides against. Raises NotYetKnownError for a
        product that was stored only later, ProductNotFoundError where it had no contract of that
        size.
        """
        if past is None:
            return self._deliveries.dated(product)
        was = self._history().as_of(product.key, past.day or past.at, query.multiplier)
        refuse_other_size(was, limits.multiplier)
        return self._deliveries.dated_as_of(was, past.at)

    def ladders(self, product: Future, past: PastMoment | None) -> dict[int, MarketRule]:
        """The tick ladders of its contracts that are stored, or were at a moment, by id."""
        ids = {rule_id for contract in product.contracts for rule_id in contract.exchanges_by_rule}
        if past is None:
            found = self._futures.market_rules(ids)
        else:
            found = self._history().market_rules(ids, past.at)
        return {rule.market_rule_id: rule for rule in found}

    def judge(
        self,
        product: Future,
        rule: NearestRule,
        moment: datetime,
        *,
        is_past: bool,
        query: FutureQuery,
        limits: Limits,
        on_late: Callable[[NotYetKnownError], object],
    ) -> NearestJudgements:
        """Say of each contract of a stored product whether it may be held at an aware instant.

        Of one that `is_past` by what was known then; a product that was stored only later is
        judged as it is, and `on_late` is called with the reason. Raises ProductNotFoundError as
        `as_known`, and takes what it takes.
        """
        if is_past:
            from ibkr_sync.domain.history.moments import PastMoment

            try:
                product = self.as_known(product, PastMoment(moment, ""), query, limits)
            except NotYetKnownError as error:
                on_late(error)
                refuse_other_size(product, limits.multiplier)
        return self._deliveries.judge(product, rule, moment)
