"""Until when contracts may be held: what is known of their delivery, and the nearest of a chain."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar

from ibkr_sync.domain.delivery.business_days import BusinessDays
from ibkr_sync.domain.delivery.delivery_dates import delivery_of
from ibkr_sync.domain.delivery.delivery_rules import DeliveryRule, DeliveryRuleBook
from ibkr_sync.domain.delivery.nearest_contract import NearestJudgements, NearestRule, judge_nearest
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.ports.business_calendar import BusinessCalendar

F = TypeVar("F", bound=Future)

WEEKDAYS = "weekdays"
"""The market of an exchange whose holidays nobody knows."""


class DeliveryService:
    """Dates the deliveries of stored contracts.

    `markets` are the markets whose holidays exchanges keep, by IBKR's code of the exchange.
    """

    def __init__(
        self,
        rules: DeliveryRuleBook,
        markets: Mapping[str, str],
        calendar: BusinessCalendar,
        clock: Callable[[], datetime],
    ) -> None:
        self._rules = rules
        self._markets = markets
        self._calendar = calendar
        self._clock = clock

    def dated(self, product: F) -> F:
        """The product with what is known of the delivery of each contract."""
        if all(each.delivery is not None for each in product.contracts):
            return product
        rule = self._rule_of(product)
        days = None
        if rule is not None and rule.calendar is not None:
            days = BusinessDays(self._calendar, rule.calendar)
        today = self._clock().date()
        chain = (
            each
            if each.delivery is not None
            else dataclasses.replace(each, delivery=delivery_of(each, rule, days, today))
            for each in product.contracts
        )
        return dataclasses.replace(product, contracts=tuple(chain))

    def judge(self, product: Future, rule: NearestRule, now: datetime) -> NearestJudgements:
        """Tell of each contract of a product whether it may be held by a rule."""
        return judge_nearest(self.dated(product), rule, now, self.business_days(product))

    def business_days(self, product: Future) -> BusinessDays:
        """The business days of a product's market."""
        rule = self._rule_of(product)
        market = None if rule is None else rule.calendar
        market = market or self._markets.get(product.exchange, WEEKDAYS)
        return BusinessDays(self._calendar, market)

    def _rule_of(self, product: Future) -> DeliveryRule | None:
        return self._rules.rule_of(product.exchange, product.trading_class, product.category)
