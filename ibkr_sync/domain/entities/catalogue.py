"""What is known of a product without asking any source."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from ibkr_sync.domain.entities.delivery import Settlement
from ibkr_sync.domain.entities.futures import AssetClass, ProductKey

ASSET_CLASS_OF_CATEGORY = {
    "index": AssetClass.INDEX,
    "sector_index": AssetClass.INDEX,
    "dividend": AssetClass.INDEX,  # points of a published dividend index
    "housing": AssetClass.INDEX,  # cash-settled on a published home price index
    "weather": AssetClass.INDEX,  # cash-settled on a published index of degree days
    "agriculture": AssetClass.COMMODITY,
    "commodity_index": AssetClass.COMMODITY,  # of many goods, or of one such as water
    "dairy": AssetClass.COMMODITY,
    "energy": AssetClass.COMMODITY,
    "livestock": AssetClass.COMMODITY,
    "metal": AssetClass.COMMODITY,
    "bond": AssetClass.INTEREST_RATE,
    "short_rate": AssetClass.INTEREST_RATE,
    "currency": AssetClass.CURRENCY,
    "crypto": AssetClass.CRYPTO,
    "volatility": AssetClass.VOLATILITY,
    "single_stock": AssetClass.SINGLE_STOCK,
}
"""The asset class of each category there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductFacts:
    """How a product settles, where it trades and in which months; None is not known.

    Attributes:
        settlement_source: who says so, with the confidence of that.
        delivery_rule: the family whose rules are the product's.
        calendar: the market whose holidays count (see `BusinessCalendar`).
        mic: the market identifier code of the exchange (ISO 10383).
        months: the letters of the delivery months in which it is listed.
    """

    settlement: Settlement | None = None
    settlement_source: str | None = None
    delivery_rule: str | None = None
    calendar: str | None = None
    mic: str | None = None
    mic_source: str | None = None
    months: str | None = None
    months_source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueProduct:
    """A product of one contract size, as public sources or the user state it.

    Attributes:
        trading_class: None where no source states it.
        exchange_code: the exchange's own product code; None when it is the symbol or unknown.
        category: the finer class, a key of `ASSET_CLASS_OF_CATEGORY`.
        multiplier: None when it varies by month or is unknown.
        price_magnifier: None when unknown.
        min_tick: smallest increment in currency units; None when unknown.
        weekly_expiries: whether weekly or daily contracts share the symbol.
        active: False only where a source says that the product no longer trades.
        sources: who says so.
        facts: what else is known; None where nobody asked.
    """

    symbol: str
    exchange: str
    currency: str
    trading_class: str | None = None
    exchange_code: str | None = None
    category: str
    multiplier: Decimal | None = None
    price_magnifier: int | None = None
    min_tick: Decimal | None = None
    name: str | None = None
    weekly_expiries: bool = False
    active: bool = True
    sources: tuple[str, ...]
    facts: ProductFacts | None = None

    @property
    def key(self) -> ProductKey:
        """The product's identity; an unknown trading class is taken to be the symbol."""
        return ProductKey(self.symbol, self.exchange, self.trading_class or self.symbol)

    @property
    def asset_class(self) -> AssetClass:
        """What the product is on."""
        return ASSET_CLASS_OF_CATEGORY[self.category]
