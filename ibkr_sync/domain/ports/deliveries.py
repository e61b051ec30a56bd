"""The port to what is stored of deliveries."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from ibkr_sync.domain.entities.delivering_contract import DeliveringContract
    from ibkr_sync.domain.entities.delivery import DeliveryDates
    from ibkr_sync.domain.entities.futures import Future
    from ibkr_sync.domain.entities.imported_delivery import ImportedDelivery, KeptImports
    from ibkr_sync.domain.evidence.chain_diff import FieldChange


LONGEST_NOTICE: Final = timedelta(days=60)
"""Longer than first notice comes before the last trade."""


class DeliveriesPort(Protocol):
    """Deliveries in the database; every method raises StorageError."""

    @abstractmethod
    def between(
        self, first: date, last: date, changed_since: datetime | None = None
    ) -> tuple[DeliveringContract, ...]:
        """Give the contracts one of whose dates lies from one day to another, both included.

        Their dates are last trade, first notice and IBKR's cut-offs. Of contracts of which nothing
        is stored yet those are given whose last trade is up to `LONGEST_NOTICE` later. Delisted
        ones are left out. In order of last trade date.

        With an aware instant it is about what came near since: last trade does not count, but those
        are given too of which a date changed since, or that were delisted since.
        """

    @abstractmethod
    def known_of(self, product: Future) -> Mapping[int, DeliveryDates]:
        """Give what is stored of the deliveries of a product's contracts, by conId."""

    @abstractmethod
    def changes_after(self, product: Future, at: datetime) -> tuple[FieldChange, ...]:
        """Give what changed of the deliveries of a product's contracts after the aware instant.

        In the order in which it was recorded.
        """

    @abstractmethod
    def imports_of(
        self, product: Future, until: datetime | None = None
    ) -> tuple[ImportedDelivery, ...]:
        """Give what was imported of a product's contracts, in the order in which it was.

        Of imports made after the aware instant `until` nothing.
        """

    @abstractmethod
    def keep_imports(self, imports: Collection[ImportedDelivery]) -> KeptImports:
        """Keep imports in a run of their own, and date the stored contracts by them.

        What is kept already is not kept again.
        That an import says what was known already is no change.
        Raises AlreadyRunningError.
        """
