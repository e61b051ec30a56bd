"""Futures products as they are stored: looked up, listed, read, and never written."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

from sqlalchemy.engine import Connection

from ibkr_sync.domain.entities.futures import Future, Origin, ProductKey, covered_asset_classes
from ibkr_sync.domain.errors import ProductLookupError, ProductNotFoundError
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.ports.stored_products import StoredProducts
from ibkr_sync.domain.selection.product_choice import choose_product
from ibkr_sync.infrastructure.repositories.local_repo.database.snapshot import read_once
from ibkr_sync.infrastructure.repositories.local_repo.products import names, reads
from ibkr_sync.infrastructure.repositories.local_repo.schema.upgrading import reading

if TYPE_CHECKING:
    from ibkr_sync.domain.entities.market_rules import MarketRule
    from ibkr_sync.domain.entities.product_summary import ProductSummary
    from ibkr_sync.domain.naming.renaming import FormerName
    from ibkr_sync.domain.naming.stored_names import StoredNames
    from ibkr_sync.domain.ports.catalogue import ProductCatalogue
    from ibkr_sync.domain.runs.future_update import UnreadFuture
    from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
    from ibkr_sync.infrastructure.repositories.local_repo.products.sole_products import SoleProduct

F = TypeVar("F", bound=Future)


class StoredFutures(StoredProducts, Generic[F]):
    """The stored products of one asset type, or of all; the ports say what each method gives."""

    def __init__(
        self,
        database: Database,
        entity: type[F],
        catalogue: ProductCatalogue,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._entity = entity
        self._catalogue = catalogue
        self._clock = clock

    def get_by_symbol(self, query: FutureQuery) -> F:
        """Give the product as it is stored, with its chain (see `FuturePort`)."""
        with reading(self._database) as connection:
            found = self._find(connection, query)
        return self._choose(query, found, self._database.name)

    def list_products(self) -> tuple[ProductSummary, ...]:
        """Summarise what is stored, by symbol; raises StorageError."""
        covered = covered_asset_classes(self._entity)
        with reading(self._database) as connection:
            summaries = read_once(connection, self._summaries)
        return tuple(summary for summary in summaries if summary.asset_class in covered)

    def _summaries(self, connection: Connection) -> list[ProductSummary]:
        from ibkr_sync.infrastructure.repositories.local_repo.products.summaries import (
            read_summaries,
        )

        return read_summaries(connection, self._clock(), self._database.name)

    def find_names(self, words: Collection[str]) -> tuple[StoredNames, ...]:
        covered = covered_asset_classes(self._entity)
        with reading(self._database) as connection:
            found = names.read_names(connection, words, self._database.name)
        return tuple(product for product in found if product.asset_class in covered)

    def find_named(self, words: Collection[str]) -> tuple[Future, ...]:
        covered = covered_asset_classes(self._entity)
        with reading(self._database) as connection:
            found = names.read_named(connection, words, self._database.name)
        return tuple(product for product in found if product.asset_class in covered)

    def find_former_names(self, words: Collection[str]) -> tuple[FormerName, ...]:
        with reading(self._database) as connection:
            return tuple(names.read_former_names(connection, words))

    def find_market_rules(self, ids: Collection[int]) -> tuple[MarketRule, ...]:
        with reading(self._database) as connection:
            rules = reads.read_market_rules(connection, ids)
        return tuple(rules[rule] for rule in sorted(rules))

    def known_market_rules(self) -> frozenset[int]:
        """The market rule ids whose tick ladder is stored; raises StorageError."""
        with reading(self._database) as connection:
            return reads.read_known_ladder_ids(connection)

    def find_fresh(
        self, queries: Collection[FutureQuery], max_age: timedelta, now: datetime
    ) -> dict[FutureQuery, UnreadFuture[F] | ProductLookupError]:
        """Give the stored products that are younger than `max_age`.

        What was synced after `now` was stamped by a wrong clock, so it is not fresh.
        """
        found: dict[FutureQuery, UnreadFuture[F] | ProductLookupError] = {}
        with reading(self._database) as connection:
            sole = self._find_sole(connection, queries)
        for query in queries:
            try:
                product = sole.get(query) or self.get_by_symbol(query)
            except ProductNotFoundError:
                continue
            except ProductLookupError as error:
                found[query] = error
                continue
            synced_at = product.synced_at
            if synced_at is not None and timedelta(0) <= now - synced_at < max_age:
                found[query] = self._unread(product.key, product.origin, synced_at)
        return found

    def _find_sole(
        self, connection: Connection, queries: Collection[FutureQuery]
    ) -> dict[FutureQuery, SoleProduct]:
        """The one product, without its chain, of each query that means one by its names alone."""
        from ibkr_sync.infrastructure.repositories.local_repo.products.sole_products import (
            read_sole_products,
        )

        covered = covered_asset_classes(self._entity)
        found = read_sole_products(connection, queries, self._database.name)
        return {query: sole for query, sole in found.items() if sole.asset_class in covered}

    def _unread(self, key: ProductKey, origin: Origin, synced_at: datetime) -> UnreadFuture[F]:
        from ibkr_sync.domain.runs.future_update import UnreadFuture

        query = FutureQuery(**key._asdict())
        read = partial(self.get_by_symbol, query)
        return UnreadFuture(key=key, origin=origin, synced_at=synced_at, read=read)

    def _find(self, connection: Connection, query: FutureQuery) -> list[Future]:
        found = reads.read_products(connection, query, self._database.name)
        return [other.product for other in found]

    def _choose(self, query: FutureQuery, matching: Iterable[Future], place: str) -> F:
        found = tuple(matching)
        return choose_product(query, found, self._entity, place=place, now=self._clock())
