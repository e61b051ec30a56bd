"""What else is known of a product of the catalogue: how it settles, where, and in which months.

Settlement and calendar are those of its delivery rule, the market identifier code its exchange's,
the months those of `month_cycles.csv`. Who says so stands beside each.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cache

from ibkr_sync.catalogue.csv_tables import read_table
from ibkr_sync.catalogue.delivery_rules import load_delivery_rules
from ibkr_sync.catalogue.exchanges import exchange_facts
from ibkr_sync.domain.entities.catalogue import CatalogueProduct, ProductFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthCycle:
    """The delivery months in which a product is listed, by their letters."""

    months: str
    source: str


@cache
def month_cycles() -> dict[tuple[str, str], MonthCycle]:
    """The months of each product of which they are known, by exchange and trading class."""
    return {
        (row["exchange"], trading_class): MonthCycle(months=row["months"], source=row["source"])
        for row in read_table("month_cycles")
        for trading_class in row["classes"].split()
    }


def product_with_facts(product: CatalogueProduct) -> CatalogueProduct:
    """A product with what else is known of it."""
    trading_class = product.trading_class or product.symbol
    facts = product_facts(product.exchange, trading_class, product.category)
    return dataclasses.replace(product, facts=facts)


def product_facts(exchange: str, trading_class: str, category: str | None) -> ProductFacts:
    """What is known of a product, whether the catalogue has it or not."""
    rule = load_delivery_rules().rule_of(exchange, trading_class, category)
    place = exchange_facts().get(exchange)
    cycle = month_cycles().get((exchange, trading_class))
    calendar = place.calendar if place else None
    if rule is not None:
        calendar = rule.calendar or calendar
    return ProductFacts(
        settlement=rule.settlement if rule else None,
        settlement_source=f"{rule.source} ({rule.settlement_confidence})" if rule else None,
        delivery_rule=rule.family if rule else None,
        calendar=calendar,
        mic=place.mic if place else None,
        mic_source=place.source if place else None,
        months=cycle.months if cycle else None,
        months_source=cycle.source if cycle else None,
    )
