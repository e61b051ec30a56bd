"""A product with all that a file for another system may say of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ibkr_sync.domain.entities.catalogue import CatalogueProduct, ProductFacts
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.entities.market_rules import MarketRule


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedProduct:
    """A stored product, and what else is known of it.

    Attributes:
        product: with its chain in order of last trade date, and the dates of deliveries.
        row: what the catalogue says of it; None when that is nothing.
        facts: of its exchange and its family, whether the catalogue has the product or not.
        ladders: the tick ladders of its contracts that are stored, by the id of the market rule.
        is_whole: whether it has all contracts that are stored of it.
    """

    product: Future
    row: CatalogueProduct | None = None
    facts: ProductFacts
    ladders: Mapping[int, MarketRule]
    is_whole: bool = True

    @property
    def exchange_code(self) -> str:
        """The exchange's own code: by the catalogue, else the trading class, which mostly is it."""
        return (self.row.exchange_code if self.row else None) or self.product.trading_class

    @property
    def name(self) -> str | None:
        """The name of the product, by IBKR or else by the catalogue."""
        return self.product.name or (self.row.name if self.row else None)

    def living(self, now: datetime) -> Future:
        """The product with the contracts that trade at an aware instant, or all if none does.

        Of what differs by month it has what these agree on.
        """
        product = self.product
        contracts = product.living(now) or product.contracts
        return dataclasses.replace(product, contracts=contracts, synced_at=None)
