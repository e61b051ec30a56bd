"""What futures products exist, as public sources tell it: `futures_products.csv`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from ibkr_sync.catalogue.tables import read_table
from ibkr_sync.domain.entities.futures import ASSET_TYPES, AssetClass, Future, Origin, ProductKey
from ibkr_sync.domain.ports.catalogue import ProductCatalogue
from ibkr_sync.domain.sync import FutureQuery

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
"""The asset class of each category that the table uses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueProduct:
    """One row of the table: a product of one contract size.

    Attributes:
        trading_class: None where no source tells it.
        exchange_code: the exchange's own product code; None when it is the symbol or unknown.
        multiplier: None when it varies by month or is unknown.
        price_magnifier: None when unknown.
        weekly_expiries: whether weekly or daily contracts share the symbol.
        active: False only where a source says that the product no longer trades.
        sources: who says so, in this order. `pst`: pysystemtrade's IB configuration; `icli`:
            that project's copy of IBKR's public margin table of 2025-09-28; `ibkr`: other
            public margin tables of IBKR; `pyf`: pyfutures' table of 2024, filled from IBKR's
            contract details and contract pages; `lean`: QuantConnect Lean's symbol properties;
            `exch`: the exchange's own specification; `doc`: public issue threads, logs and
            IBKR's documentation; `gen`: contract specifications from general knowledge, the
            weakest.
    """

    symbol: str
    exchange: str
    currency: str
    trading_class: str | None
    exchange_code: str | None
    asset_class: AssetClass
    category: str
    multiplier: Decimal | None
    price_magnifier: int | None
    name: str
    weekly_expiries: bool
    active: bool
    sources: tuple[str, ...]

    @property
    def key(self) -> ProductKey:
        """The product's identity; an unknown trading class is taken to be the symbol."""
        return ProductKey(self.symbol, self.exchange, self.trading_class or self.symbol)


class Catalogue(ProductCatalogue):
    """The bundled products, with the questions that the sources ask about them."""

    def __init__(self, products: Iterable[CatalogueProduct]) -> None:
        self.products = tuple(products)
        self._by_symbol: dict[str, list[CatalogueProduct]] = defaultdict(list)
        self._by_class: dict[tuple[str, str], CatalogueProduct] = {}
        for product in self.products:
            self._by_symbol[product.symbol].append(product)
            if product.trading_class is not None:
                self._by_class[product.exchange, product.trading_class] = product

    def by_symbol(self, symbol: str) -> tuple[CatalogueProduct, ...]:
        """Give every row of an IBKR symbol, dead products included."""
        return tuple(self._by_symbol.get(symbol, ()))

    def classify(
        self, symbol: str, exchange: str, trading_class: str
    ) -> tuple[AssetClass, str] | None:
        """Tell asset class and category of a product; None when they are not known.

        The trading class decides, since symbols are reassigned (`MXP` was the peso and became
        XRP in 2025); without it the symbol on its exchange, where active products outrank dead
        ones and disagreement means not known.
        """
        product = self._by_class.get((exchange, trading_class))
        if product is not None:
            return product.asset_class, product.category
        namesakes = [each for each in self.by_symbol(symbol) if each.exchange == exchange]
        candidates = [each for each in namesakes if each.active] or namesakes
        classes = {(each.asset_class, each.category) for each in candidates}
        return classes.pop() if len(classes) == 1 else None

    def find(self, query: FutureQuery) -> tuple[Future, ...]:
        """Give the active products that are meant, without contracts, in order of the table.

        Sizes that no trading class tells apart are one product of unknown multiplier.
        """
        rows_by_key: dict[ProductKey, list[CatalogueProduct]] = defaultdict(list)
        for row in self.by_symbol(query.symbol):
            if row.active:
                rows_by_key[row.key].append(row)
        products = (_to_future(key, rows) for key, rows in rows_by_key.items())
        return tuple(product for product in products if query.matches(product))


@cache
def load_catalogue() -> Catalogue:
    """Give the bundled catalogue, read once; raises ValueError for a malformed table."""
    return Catalogue(_read_product(row) for row in read_table("futures_products"))


def _read_product(row: dict[str, str]) -> CatalogueProduct:
    category = row["asset_class"]
    if category not in ASSET_CLASS_OF_CATEGORY:
        raise ValueError(f"{row['symbol']}@{row['exchange']}: unknown category {category!r}")
    return CatalogueProduct(
        symbol=row["symbol"],
        exchange=row["exchange"],
        currency=row["currency"],
        trading_class=row["trading_class"] or None,
        exchange_code=row["exchange_code"] or None,
        asset_class=ASSET_CLASS_OF_CATEGORY[category],
        category=category,
        multiplier=Decimal(row["multiplier"]) if row["multiplier"] else None,
        price_magnifier=int(row["price_magnifier"]) if row["price_magnifier"] else None,
        name=row["description"],
        weekly_expiries=row["weekly_expiries"] == "true",
        active=row["status"] == "active",
        sources=tuple(row["sources"].split()),
    )


def _to_future(key: ProductKey, rows: Sequence[CatalogueProduct]) -> Future:
    main = rows[0]
    return ASSET_TYPES[main.asset_class](
        symbol=key.symbol,
        exchange=key.exchange,
        trading_class=key.trading_class,
        currency=main.currency,
        name=main.name,
        category=main.category,
        multiplier=main.multiplier if len(rows) == 1 else None,
        price_magnifier=main.price_magnifier,
        origin=Origin.CATALOGUE,
    )
