"""Products that names alone find, looked up without their chains and many at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from ibkr_sync.domain.entities.futures import AssetClass, Origin, ProductKey
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.infrastructure.repositories.local_repo.database.bulk_writes import bulk_batches
from ibkr_sync.infrastructure.repositories.local_repo.products.mapping import unstorable_reason
from ibkr_sync.infrastructure.repositories.local_repo.products.reads import readable
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import products

_OF_SYMBOLS = select(
    products.c.id,
    products.c.symbol,
    products.c.exchange,
    products.c.trading_class,
    products.c.currency,
    products.c.asset_class,
    products.c.origin,
    products.c.synced_at,
    products.c.reply_digest,
).where(products.c.symbol.in_(bindparam("symbols", expanding=True)))


@dataclass(frozen=True, slots=True, kw_only=True)
class SoleProduct:
    """The one product that has the names that a query asks for, without its chain.

    By its `mark` its last reply is recognised, if it may be at all.
    """

    product_id: int
    key: ProductKey
    currency: str
    asset_class: AssetClass
    origin: Origin
    synced_at: datetime | None
    mark: str | None


def read_sole_products(
    connection: Connection, queries: Collection[FutureQuery], place: str
) -> dict[FutureQuery, SoleProduct]:
    """Give, of the queries that one stored product matches by today's names, that product.

    Queries by conId or by size are left out, as it takes a chain to answer them. Raises
    StorageError for a row that holds what no entity can.
    """
    asked = [query for query in queries if query.con_id is None and query.multiplier is None]
    symbols = {query.symbol for query in asked if not unstorable_reason(query.symbol)}
    by_symbol: dict[str, list[SoleProduct]] = defaultdict(list)
    with readable(place):
        for product in _of_symbols(connection, symbols):
            by_symbol[product.key.symbol].append(product)
    found: dict[FutureQuery, SoleProduct] = {}
    for query in asked:
        matching = [
            product
            for product in by_symbol.get(query.symbol, ())
            if query.may_mean(product.key) and query.currency in (None, product.currency)
        ]
        if len(matching) == 1:
            found[query] = matching[0]
    return found


def _of_symbols(connection: Connection, symbols: Collection[str]) -> Iterator[SoleProduct]:
    for some in bulk_batches(sorted(symbols)):
        for (
            product_id,
            *names,
            currency,
            asset_class,
            origin,
            synced_at,
            mark,
        ) in connection.execute(_OF_SYMBOLS, {"symbols": some}):
            yield SoleProduct(
                product_id=product_id,
                key=ProductKey(*names),
                currency=currency,
                asset_class=asset_class,
                origin=origin,
                synced_at=synced_at,
                mark=mark if isinstance(mark, str) else None,
            )
