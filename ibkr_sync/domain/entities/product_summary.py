"""A stored product at a glance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from ibkr_sync.domain.entities.contracts import ContractSeries
from ibkr_sync.domain.entities.futures import AssetClass, Origin, ProductKey


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductSummary:
    """A stored product without its chain.

    Attributes:
        listed: how many contracts of the usual series trade: weekly and daily contracts don't
            count where there are monthly ones. `next_expiry` is of these too, `listed_beside` how
            many of the other series trade.
        closed_at: since when its source no longer knows it, nor a living contract of it.
        remarks: what somebody should look at, a sentence each.
    """

    key: ProductKey
    asset_class: AssetClass
    category: str | None
    currency: str
    name: str | None
    origin: Origin
    listed: int
    next_expiry: date | None
    synced_at: datetime | None
    closed_at: datetime | None = None
    remarks: tuple[str, ...] = ()
    listed_beside: Mapping[ContractSeries, int] = field(default_factory=dict, hash=False)

    @property
    def is_closed(self) -> bool:
        """Whether refreshes leave it out: its source no longer knows it."""
        return self.closed_at is not None

    def is_of(self, exchange: str | None) -> bool:
        """Whether it is of an exchange, in any case; None asks nothing."""
        return exchange is None or self.key.exchange == exchange.upper()
