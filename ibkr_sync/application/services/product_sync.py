"""One call that brings products up to date, whichever use case makes it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from ibkr_sync.application.resolution.named_products import NamedProducts
from ibkr_sync.application.services.futures import FuturesService
from ibkr_sync.application.services.history import HistoryService
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.history.events import Event, in_order_of_severity
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.runs.future_update import FutureFailure, FutureUpdate
from ibkr_sync.domain.runs.sync_policy import SyncPolicy, SyncRun

Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncReport(Generic[Kept]):
    """What a call came to, whatever ended it.

    Attributes:
        outcomes: one for each product, in the order in which they were named; first those that
            could not be asked for, as their names mean no single product.
        unasked: the products that the call did not come to before it ended.
        run_id: the run that recorded it; None where nothing was recorded.
        unreported: the runs before it whose processes died before they reported anything.
        events: what the run saw, and these, what matters most first (see `HistoryService.of_run`).
    """

    outcomes: Sequence[Kept | FutureFailure]
    unasked: Sequence[FutureQuery] = ()
    run_id: int | None
    unreported: Sequence[int] = ()
    events: Sequence[Event] = ()

    @property
    def failures(self) -> list[FutureFailure]:
        """What could not be brought up to date."""
        return [outcome for outcome in self.outcomes if isinstance(outcome, FutureFailure)]

    @property
    def updates(self) -> list[Kept]:
        """What is up to date."""
        return [outcome for outcome in self.outcomes if not isinstance(outcome, FutureFailure)]


class ProductSync(ABC, Generic[Kept]):
    """Iterated once, it gives the outcome of each product as it is ready.

    What ends the iteration early, an exception or whoever stops iterating, leaves what was
    stored before it, and a report of that.

    Attributes:
        products: those to ask for, in the order in which they are reported.
        notices: what the user should know about how they were named.
    """

    def __init__(
        self,
        futures: FuturesService[Future],
        policy: SyncPolicy,
        products: Iterable[FutureQuery],
        named: NamedProducts,
        on_run: Callable[[SyncRun], object] | None,
        *,
        history: HistoryService,
    ) -> None:
        self.products = tuple(products)
        self.notices = tuple(named.notices)
        self._futures = futures
        self._policy = policy
        self._on_run = on_run
        self._history = history
        self._run: SyncRun | None = None
        self._unnamed = {failure.query: failure for failure in named.failures}
        self._outcomes: dict[FutureQuery, Kept | FutureFailure] = {}

    def __iter__(self) -> Iterator[FutureUpdate[Future] | FutureFailure]:
        """Ask for each product; raises what `FuturePort.get_or_create_many` raises."""
        for outcome in self._futures.get_many(self._order(), self._policy, on_run=self._note):
            self._outcomes[outcome.query] = (
                outcome if isinstance(outcome, FutureFailure) else self._keep(outcome)
            )
            yield outcome

    @abstractmethod
    def _keep(self, update: FutureUpdate[Future]) -> Kept:
        """What of an update the report has."""

    def _order(self) -> Iterable[FutureQuery]:
        """The order in which the products are asked for."""
        return self.products

    def _note(self, run: SyncRun) -> None:
        self._run = run
        if self._on_run is not None:
            self._on_run(run)

    @property
    def _run_id(self) -> int | None:
        return None if self._run is None else self._run.run_id

    @property
    def _unreported(self) -> tuple[int, ...]:
        return () if self._run is None else self._run.unreported

    def _events(self) -> tuple[Event, ...]:
        """What the run saw so far, and those that it reports for; raises StorageError."""
        if self._run is None:
            return ()
        runs = (*self._unreported, self._run.run_id)
        return in_order_of_severity(event for run in runs for event in self._history.of_run(run))

    def _reported(self) -> list[Kept | FutureFailure]:
        asked = (self._outcomes[query] for query in self.products if query in self._outcomes)
        return [*self._unnamed.values(), *asked]

    def _unasked(self) -> tuple[FutureQuery, ...]:
        return tuple(query for query in self.products if query not in self._outcomes)
