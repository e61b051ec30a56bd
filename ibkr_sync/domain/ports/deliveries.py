"""The port to what is stored of deliveries."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from ibkr_sync.domain.entities.contracts import FuturesContract
    from ibkr_sync.domain.entities.delivery import DeliveryDates
    from ibkr_sync.domain.entities.futures import Future
    from ibkr_sync.domain.entities.imported_delivery import ImportedDelivery
    from ibkr_sync.domain.evidence.chain_diff import FieldChange


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedDay:
    """A date of a contract's delivery that became another day at an aware instant.

    None is a day that was not known, or that there is not.
    """

    at: datetime
    old: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveringContract:
    """A stored contract with what is stored of its delivery; its product is without a chain.

    Attributes:
        changed_days: how its dates became what they are, in order, by the name of their field.
    """

    product: Future
    contract: FuturesContract
    changed_days: Mapping[str, Sequence[ChangedDay]] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefutedImport:
    """An import that has another last trade date than IBKR's own for its contract."""

    imported: ImportedDelivery
    contract: FuturesContract


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptImports:
    """What became of imports that were to be kept.

    Attributes:
        stored: of how many of them stored contracts are.
        new: how many were not kept before.
        refuted: those whose dates are doubted, in their order.
    """

    stored: int
    new: int
    refuted: tuple[RefutedImport, ...] = ()


LONGEST_NOTICE: Final = timedelta(days=60)
"""Longer than first notice comes before the last trade."""


class DeliveriesPort(Protocol):
    """Deliveries in the database; every method raises StorageError."""

    @abstractmethod
    def between(
        self, first: date, last: date, changed_since: datetime | None = None
    ) -> tuple[DeliveringContract, ...]:
        """Give the contracts one of whose dates lies from one day to another, both included.

        With an aware instant also those of which a date changed since, or that were delisted since.

        Their dates are last trade, first notice and IBKR's cut-offs. Of contracts of which nothing
        is stored yet those are given whose last trade is up to `LONGEST_NOTICE` later. Delisted
        ones are left out. In order of last trade date.
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
