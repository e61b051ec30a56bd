"""The port to the runs that were recorded."""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol

from ibkr_sync.domain.runs.run_kind import RunKind
from ibkr_sync.domain.runs.run_records import RecordedProduct, RecordedRun


class RunsPort(Protocol):
    """Reads what runs left behind. Every method raises StorageError when the database fails."""

    @abstractmethod
    def last_runs(self, count: int, *, kind: RunKind | None = None) -> tuple[RecordedRun, ...]:
        """Give this many runs, of one kind if it is given, the newest first."""

    @abstractmethod
    def run(self, run_id: int) -> RecordedRun | None:
        """Give one run, None if there is none of this id."""

    @abstractmethod
    def is_any_open(self) -> bool | None:
        """Whether a run is at work in this moment, by its lock; None where that can't be known.

        A run that is recorded as running while none is has died.
        """

    @abstractmethod
    def products_of(self, run_id: int) -> tuple[RecordedProduct, ...]:
        """Give what came of each product of a run, in the order in which it did."""

    @abstractmethod
    def last_attempts(self) -> tuple[RecordedProduct, ...]:
        """Give the newest record of each product that was asked for, the newest first.

        What was for no stored product is recorded apart by symbol, exchange and trading class as
        asked. What runs recorded that ask no source does not count.
        """
