"""All that dates deliveries: the rules, whose holidays an exchange keeps, and the calendar."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeVar

from ibkr_sync.domain.delivery.business_days import BusinessDays
from ibkr_sync.domain.delivery.delivery_dates import (
    delivery_of,
    imports_of_contract,
    refuted_imports_of_contract,
)
from ibkr_sync.domain.entities.futures import Future

if TYPE_CHECKING:
    from ibkr_sync.domain.delivery.delivery_rules import DeliveryRule, DeliveryRuleBook
    from ibkr_sync.domain.entities.contracts import FuturesContract
    from ibkr_sync.domain.entities.delivery import DeliveryDates
    from ibkr_sync.domain.entities.imported_delivery import ImportedDelivery
    from ibkr_sync.domain.ports.business_calendar import BusinessCalendar

F = TypeVar("F", bound=Future)

NOTHING_KNOWN_OF_ANY: Final[Mapping[int, DeliveryDates]] = MappingProxyType({})

WEEKDAYS: Final = "weekdays"
"""The market of an exchange whose holidays nobody knows."""


@dataclasses.dataclass(frozen=True, slots=True)
class DeliveryBook:
    """Dates the deliveries of contracts.

    Attributes:
        markets: whose holidays exchanges keep, by IBKR's code of the exchange.
    """

    rules: DeliveryRuleBook
    markets: Mapping[str, str]
    calendar: BusinessCalendar

    def dated(
        self,
        product: F,
        today: date,
        imports: Collection[ImportedDelivery] = (),
        known: Mapping[int, DeliveryDates] = NOTHING_KNOWN_OF_ANY,
    ) -> F:
        """The product with what is known on the UTC day `today` of each contract's delivery.

        `imports` are in the order in which they were made. What was `known` before, by conId,
        stays known of a product for which there is no rule: one that got another class has lost
        its rule, and is delivered as ever.
        """
        if all(other.delivery is not None for other in product.contracts):
            return product
        rule = self.rule_of(product)
        days = None
        if rule is not None and rule.calendar is not None:
            days = BusinessDays(self.calendar, rule.calendar)

        def dated_contract(contract: FuturesContract) -> FuturesContract:
            if contract.delivery is not None:
                return contract
            said = imports_of_contract(contract, imports)
            if rule is None and contract.con_id in known:
                said.append(known[contract.con_id])
            refuted = refuted_imports_of_contract(contract, imports)
            delivery = delivery_of(contract, rule, days, today, said, refuted=refuted)
            return dataclasses.replace(contract, delivery=delivery)

        return dataclasses.replace(product, contracts=tuple(map(dated_contract, product.contracts)))

    def business_days(self, product: Future) -> BusinessDays:
        """The business days of a product's market."""
        return self.business_days_of(product.exchange, product.trading_class, product.category)

    def business_days_of(
        self, exchange: str, trading_class: str, category: str | None = None
    ) -> BusinessDays:
        """The same of a product that need not be stored."""
        rule = self.rules.rule_of(exchange, trading_class, category)
        market = None if rule is None else rule.calendar
        return BusinessDays(self.calendar, market or self.markets.get(exchange, WEEKDAYS))

    def rule_of(self, product: Future) -> DeliveryRule | None:
        """The rule of a product's family; None if there is none."""
        return self.rules.rule_of(product.exchange, product.trading_class, product.category)
