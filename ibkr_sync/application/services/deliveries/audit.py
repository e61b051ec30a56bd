"""What contradicts what in the stored data."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from ibkr_sync.application.services.futures import FuturesService
from ibkr_sync.domain.delivery.audit.date_disagreements import date_disagreements
from ibkr_sync.domain.delivery.audit.disagreements import Disagreement
from ibkr_sync.domain.delivery.audit.fact_disagreements import fact_disagreements
from ibkr_sync.domain.delivery.delivery_book import DeliveryBook
from ibkr_sync.domain.entities.futures import Future, Origin, ProductKey
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.ports.catalogue import ProductCatalogue
from ibkr_sync.domain.ports.deliveries import DeliveriesPort


class AuditService:
    """Compares what is stored with rules, the catalogue and imports."""

    def __init__(
        self,
        futures: FuturesService[Future],
        catalogue: ProductCatalogue,
        book: DeliveryBook,
        stored: DeliveriesPort,
    ) -> None:
        self._futures = futures
        self._catalogue = catalogue
        self._book = book
        self._stored = stored

    def disagreements(
        self, now: datetime, keys: Collection[ProductKey] | None = None
    ) -> tuple[Disagreement, ...]:
        """Give what disagrees in some stored products, or in all, what matters most first.

        `now` is an aware instant. Raises StorageError.
        """
        summaries = (
            other
            for other in self._futures.list_products()
            if other.origin is not Origin.CATALOGUE and (keys is None or other.key in keys)
        )
        found = [
            disagreement
            for summary in summaries
            for disagreement in self._of_product(summary.key, now)
        ]
        return tuple(sorted(found, key=lambda item: (-item.severity.rank, item.product)))

    def _of_product(self, key: ProductKey, now: datetime) -> Iterator[Disagreement]:
        symbol, exchange, trading_class = key
        query = FutureQuery(symbol=symbol, exchange=exchange, trading_class=trading_class)
        product = self._futures.show(query)
        row = self._catalogue.row_of_class(exchange, trading_class) or self._catalogue.row_of(key)
        if row is not None:
            yield from fact_disagreements(product, row, now)
        imports = self._stored.imports_of(product)
        yield from date_disagreements(product, self._book, imports, now)
