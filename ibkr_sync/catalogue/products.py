"""What futures products exist, as public sources have it: `futures_products.csv`.

The sources of a row, in this order: `pst` is pysystemtrade's IB configuration; `icli` the icli
project's copy of IBKR's public margin table of 2025-09-28; `ibkr` other public margin tables of
IBKR; `pyf` the pyfutures project's table of 2024, filled from IBKR's contract details and
contract pages; `lean` QuantConnect Lean's symbol properties; `exch` the exchange's own
specification; `doc` public issue threads, logs and IBKR's documentation; `gen` contract
specifications from general knowledge, the weakest; `config` the user's own settings.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import cache
from itertools import chain

from ibkr_sync.catalogue.csv_tables import read_table
from ibkr_sync.catalogue.renames import renamed_exchanges, renamed_symbols
from ibkr_sync.domain.entities.catalogue import ASSET_CLASS_OF_CATEGORY, CatalogueProduct
from ibkr_sync.domain.entities.futures import ASSET_TYPES, AssetClass, Future, Origin, ProductKey
from ibkr_sync.domain.naming.known_products import RenamedSymbol
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.ports.catalogue import ProductCatalogue


class Catalogue(ProductCatalogue):
    """Known products, with the questions that the sources ask about them."""

    def __init__(self, products: Iterable[CatalogueProduct]) -> None:
        self.products = tuple(products)
        self._by_symbol: dict[str, list[CatalogueProduct]] = defaultdict(list)
        self._by_class: dict[tuple[str, str], CatalogueProduct] = {}
        self._by_name: dict[str, list[CatalogueProduct]] = defaultdict(list)
        self._exchanges = {product.exchange for product in self.products}
        for product in self.products:
            self._by_symbol[product.symbol].append(product)
            for name in {product.symbol, product.trading_class, product.exchange_code} - {None}:
                self._by_name[str(name)].append(product)
            if product.trading_class is not None:
                self._by_class[product.exchange, product.trading_class] = product

    def extended(self, own: Iterable[CatalogueProduct]) -> Catalogue:
        """Give a catalogue with the user's own products, whose trading classes are known.

        Each takes the place of the product of the same identity, and of one of the same symbol,
        exchange and size whose trading class was not known.
        """
        new_rows: dict[tuple[str, str], list[CatalogueProduct]] = defaultdict(list)
        for new in own:
            new_rows[new.symbol, new.exchange].append(new)
        if not new_rows:
            return self
        kept = (
            row
            for row in self.products
            if not any(_replaces(new, row) for new in new_rows.get((row.symbol, row.exchange), ()))
        )
        return Catalogue(sorted(chain(kept, *new_rows.values()), key=_place))

    def by_symbol(self, symbol: str) -> tuple[CatalogueProduct, ...]:
        """Give every row of an IBKR symbol, dead products included."""
        return tuple(self._by_symbol.get(symbol, ()))

    def search(self, pattern: str | None) -> tuple[CatalogueProduct, ...]:
        """Give the rows that a person may mean (see `search.matches_search`), all for None."""
        from ibkr_sync.catalogue.search import matches_search

        return tuple(
            product
            for product in self.products
            if pattern is None or matches_search(product, pattern)
        )

    def row_of(self, key: ProductKey) -> CatalogueProduct | None:
        """Give what is known of a product; None when that is nothing, or ambiguous.

        Without a row of the trading class, a row of the symbol whose class is not known
        stands for the product if it is the only one on the exchange.
        """
        exact = self._by_class.get((key.exchange, key.trading_class))
        if exact is not None:
            return exact if exact.symbol == key.symbol else None
        namesakes = [
            product for product in self.by_symbol(key.symbol) if product.exchange == key.exchange
        ]
        return namesakes[0] if len(namesakes) == 1 and namesakes[0].trading_class is None else None

    def row_of_class(self, exchange: str, trading_class: str) -> CatalogueProduct | None:
        return self._by_class.get((exchange, trading_class))

    def classify(
        self, symbol: str, exchange: str, trading_class: str
    ) -> tuple[AssetClass, str] | None:
        """Give asset class and category of a product; None when they are not known.

        The trading class decides, since symbols are reassigned (`MXP` was the peso and became
        XRP in 2025); without it the symbol on its exchange, where active products outrank dead
        ones and disagreement means not known.
        """
        product = self._by_class.get((exchange, trading_class))
        if product is not None:
            return product.asset_class, product.category
        namesakes = [other for other in self.by_symbol(symbol) if other.exchange == exchange]
        candidates = [namesake for namesake in namesakes if namesake.active] or namesakes
        classes = {(candidate.asset_class, candidate.category) for candidate in candidates}
        return classes.pop() if len(classes) == 1 else None

    def known_as(self, word: str) -> tuple[CatalogueProduct, ...]:
        """Give the active rows of this symbol, trading class or exchange code."""
        return tuple(row for row in self._by_name.get(word, ()) if row.active)

    def current_exchange(self, exchange: str, symbol: str) -> str:
        """Give today's code of the exchange a product trades on; an unknown code stays as it is.

        `GLOBEX` means `CME` for every symbol. `NYMEX` is still valid and means `COMEX` only for
        symbols known there and not on NYMEX (metals moved, energy stayed).
        """
        renamed = renamed_exchanges().get(exchange)
        if renamed is None:
            return exchange
        homes = {product.exchange for product in self.by_symbol(symbol)}
        if exchange in self._exchanges:
            return renamed if renamed in homes and exchange not in homes else exchange
        return renamed

    def known_exchanges(self) -> frozenset[str]:
        return frozenset(self._exchanges)

    def renamed_symbol(self, symbol: str) -> RenamedSymbol | None:
        return renamed_symbols().get(symbol)

    def suggested(self, word: str) -> tuple[CatalogueProduct, ...]:
        """Give a few active products that a word may be meant for (see `suggestions`)."""
        from ibkr_sync.catalogue.suggestions import suggestions

        return suggestions(self.products, word)

    def find(self, query: FutureQuery) -> tuple[Future, ...]:
        """Give the active products that are asked for, without contracts, in order of the table.

        Sizes that no trading class distinguishes are one product of unknown multiplier.
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
    if row["category"] not in ASSET_CLASS_OF_CATEGORY:
        raise ValueError(f"{row['symbol']}@{row['exchange']}: unknown {row['category']=}")
    return CatalogueProduct(
        symbol=row["symbol"],
        exchange=row["exchange"],
        currency=row["currency"],
        trading_class=row["trading_class"] or None,
        exchange_code=row["exchange_code"] or None,
        category=row["category"],
        multiplier=Decimal(row["multiplier"]) if row["multiplier"] else None,
        price_magnifier=int(row["price_magnifier"]) if row["price_magnifier"] else None,
        min_tick=Decimal(row["min_tick"]) if row["min_tick"] else None,
        name=row["description"],
        weekly_expiries=row["weekly_expiries"] == "true",
        active=row["status"] == "active",
        sources=tuple(row["sources"].split()),
    )


def _place(product: CatalogueProduct) -> tuple[str, str, Decimal]:
    """Where a product stands in the table: the larger size before the smaller."""
    return product.exchange, product.symbol, -(product.multiplier or Decimal(0))


def _replaces(new: CatalogueProduct, row: CatalogueProduct) -> bool:
    """Whether a row of the same symbol and exchange is the product that is stated anew."""
    same_size = None in {new.multiplier, row.multiplier} or new.multiplier == row.multiplier
    return new.key == row.key or (row.trading_class is None and same_size)


def _to_future(key: ProductKey, rows: Sequence[CatalogueProduct]) -> Future:
    main = rows[0]
    one_size = len(rows) == 1
    return ASSET_TYPES[main.asset_class](
        symbol=key.symbol,
        exchange=key.exchange,
        trading_class=key.trading_class,
        currency=main.currency,
        name=main.name,
        category=main.category,
        multiplier=main.multiplier if one_size else None,
        price_magnifier=main.price_magnifier,
        min_tick=main.min_tick if one_size else None,
        origin=Origin.CATALOGUE,
    )
