"""The port to what was recorded of products over time."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ibkr_sync.domain.entities.futures import ProductKey
    from ibkr_sync.domain.entities.market_rules import MarketRule
    from ibkr_sync.domain.history.recorded_history import (
        ProductHistory,
        RecordedPeriod,
        RecordedRunPeriod,
    )


class HistoryPort(Protocol):
    """Reads history, and writes nothing; every method raises StorageError."""

    @abstractmethod
    def period(
        self,
        since: datetime,
        now: datetime,
        product: ProductKey | None = None,
        con_id: int | None = None,
    ) -> RecordedPeriod:
        """Give what was recorded from the aware instant `since` on, of one product or of all.

        Of one product, `changes` name each contract that left it too, though not of what
        happened to that one elsewhere. With `con_id` they are those of that contract alone,
        whichever product it belonged to.
        `ended` has every contract that may have stopped trading from then until `now`,
        `earlier_remarks` the changes of remarks in the `RECURRENCE` before `since`.
        """

    @abstractmethod
    def of_run(self, run: int) -> RecordedRunPeriod:
        """Give what a run recorded; nothing where there is no such run."""

    @abstractmethod
    def of_product(self, product: ProductKey) -> ProductHistory:
        """Give all that is recorded of a product; raises ProductNotFoundError if nothing is."""

    @abstractmethod
    def market_rules(self, ids: Collection[int], at: datetime) -> tuple[MarketRule, ...]:
        """Give the tick ladders that applied under these ids at the aware instant `at`, by id.

        What was stored only later is left out.
        """
