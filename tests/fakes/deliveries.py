"""A port to deliveries of which nothing is stored."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from ibkr_sync.domain.entities.delivering_contract import DeliveringContract
from ibkr_sync.domain.entities.delivery import DeliveryDates
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.entities.imported_delivery import ImportedDelivery, KeptImports
from ibkr_sync.domain.evidence.chain_diff import FieldChange
from ibkr_sync.domain.ports.deliveries import DeliveriesPort


class NoDeliveries(DeliveriesPort):
    """Nothing is stored."""

    def between(
        self, first: date, last: date, changed_since: datetime | None = None
    ) -> tuple[DeliveringContract, ...]:
        del first, last, changed_since
        return ()

    def known_of(self, product: Future) -> dict[int, DeliveryDates]:
        del product
        return {}

    def changes_after(self, product: Future, at: datetime) -> tuple[FieldChange, ...]:
        del product, at
        return ()

    def imports_of(
        self, product: Future, until: datetime | None = None
    ) -> tuple[ImportedDelivery, ...]:
        del product, until
        return ()

    def keep_imports(self, imports: Collection[ImportedDelivery]) -> KeptImports:
        raise NotImplementedError(imports)
