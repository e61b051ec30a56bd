"""The watchlist as it is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy import and_, delete, insert, select
from sqlalchemy.engine import Connection

from ibkr_sync.domain.ports.watchlist import WatchedProduct, WatchlistPort, watched_by_group
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import watchlist
from ibkr_sync.infrastructure.repositories.local_repo.schema.upgrading import reading, writing

_COLUMNS = (
    watchlist.c.symbol,
    watchlist.c.exchange,
    watchlist.c.trading_class,
    watchlist.c.currency,
    watchlist.c.watch_group.label("group"),
    watchlist.c.added_at,
)


class LocalWatchlist(WatchlistPort):
    """The watchlist in a SQLite or PostgreSQL database, beside the products."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def add(self, products: Iterable[WatchedProduct]) -> tuple[WatchedProduct, ...]:
        wanted = dict.fromkeys(products)
        if not wanted:
            return ()
        now = self._clock()
        with writing(self._database) as connection:
            known = set(_read(connection))
            new = tuple(product for product in wanted if product not in known)
            if new:
                rows = [_row(product) | {"added_at": now} for product in new]
                connection.execute(insert(watchlist), rows)
        return new

    def remove(self, products: Iterable[WatchedProduct]) -> None:
        known = set(self.watched())
        unwanted = [product for product in products if product in known]
        if not unwanted:
            return  # what holds no list is not created for that
        with writing(self._database) as connection:
            for product in unwanted:
                is_wanted = (
                    watchlist.c[name].is_not_distinct_from(value)
                    for name, value in _row(product).items()
                )
                connection.execute(delete(watchlist).where(and_(*is_wanted)))

    def watched(self) -> tuple[WatchedProduct, ...]:
        with reading(self._database) as connection:
            products = _read(connection)
        return tuple(sorted(products, key=watched_by_group))


def _read(connection: Connection) -> Iterable[WatchedProduct]:
    """Every entry once: two processes may have added the same one at the same time."""
    statement = select(*_COLUMNS).order_by(watchlist.c.id)
    rows = connection.execute(statement).all()
    return dict.fromkeys(WatchedProduct(**row._asdict()) for row in rows)


def _row(product: WatchedProduct) -> dict[str, str | None]:
    return {
        "symbol": product.symbol,
        "exchange": product.exchange,
        "trading_class": product.trading_class,
        "currency": product.currency,
        "watch_group": product.group,
    }
