"""Bringing named products up to date, with the contracts of them that were named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from ibkr_sync.application.resolution.named_products import NamedProducts, name_products
from ibkr_sync.application.services.futures import FuturesService
from ibkr_sync.application.services.history import HistoryService
from ibkr_sync.application.services.product_sync import ProductSync, SyncReport
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.errors import ContractNotFoundError, IbkrSyncError, ProductLookupError
from ibkr_sync.domain.naming.limits import Limits
from ibkr_sync.domain.runs.future_update import FutureUpdate
from ibkr_sync.domain.runs.sync_policy import SyncPolicy, SyncRun
from ibkr_sync.domain.selection.contract_choice import ContractMatch, ContractWords, find_contract
from ibkr_sync.domain.selection.size_choice import chain_of_size


@dataclass(frozen=True, slots=True, kw_only=True)
class GetReport(SyncReport[FutureUpdate[Future]]):
    """What came of the products, and of the contracts that were named.

    Attributes:
        from_source: False where the database alone answers.
        contracts: those that are in the chain of their product, with how they were named.
        absent: an error for each that is not.
        has_success: whether anything that was named, a product or a contract, is there.
    """

    from_source: bool
    contracts: Sequence[tuple[ContractWords, ContractMatch]]
    absent: Sequence[ProductLookupError]
    has_success: bool

    @property
    def errors(self) -> list[IbkrSyncError]:
        """Why something that was named is not there."""
        return [*(failure.error for failure in self.failures), *self.absent]


class GetService:
    """Brings up to date what is named; `asks_source` is False where the database alone answers."""

    def __init__(
        self,
        futures: FuturesService[Future],
        history: HistoryService,
        clock: Callable[[], datetime],
        *,
        asks_source: bool,
    ) -> None:
        self._futures = futures
        self._history = history
        self._clock = clock
        self._asks_source = asks_source

    def begin(
        self,
        symbols: Sequence[str],
        limits: Limits,
        policy: SyncPolicy,
        on_run: Callable[[SyncRun], object] | None = None,
    ) -> Get:
        """Find out what the symbols mean; nothing is asked before the result is iterated.

        Where the database may answer, a symbol must mean one product before anything is asked.
        `on_run` is called once when a run was opened. Raises MalformedSymbolError or StorageError.
        """
        named = name_products(
            self._futures.names,
            symbols,
            limits,
            source_decides=self._asks_source and policy.max_age is None,
        )
        return Get(
            self._futures,
            policy,
            named,
            on_run,
            history=self._history,
            clock=self._clock,
            from_source=self._asks_source,
        )


class Get(ProductSync[FutureUpdate[Future]]):
    """One call; what ends the run is raised."""

    def __init__(
        self,
        futures: FuturesService[Future],
        policy: SyncPolicy,
        named: NamedProducts,
        on_run: Callable[[SyncRun], object] | None,
        *,
        history: HistoryService,
        clock: Callable[[], datetime],
        from_source: bool,
    ) -> None:
        super().__init__(futures, policy, named.names, named, on_run, history=history)
        self._names = named.names
        self._clock = clock
        self._from_source = from_source

    def report(self) -> GetReport:
        """What the call came to so far; raises StorageError."""
        now = self._clock()
        outcomes = [
            outcome.as_read() if isinstance(outcome, FutureUpdate) else outcome
            for outcome in self._reported()
        ]
        contracts: list[tuple[ContractWords, ContractMatch]] = []
        absent: list[ProductLookupError] = []
        has_success = False
        for update in outcomes:
            if not isinstance(update, FutureUpdate):
                continue
            for words in self._names[update.query]:
                if words is None:
                    has_success = True
                    continue
                try:
                    product = chain_of_size(update.product, update.query.multiplier)
                    contracts.append((words, find_contract(product, words, now)))
                except ProductLookupError as error:
                    if isinstance(error, ContractNotFoundError):
                        error.was_asked = self._has_given_all(error)
                    absent.append(error)
        return GetReport(
            outcomes=outcomes,
            unasked=self._unasked(),
            run_id=self._run_id,
            unreported=self._unreported,
            events=self._events(),
            from_source=self._from_source,
            contracts=contracts,
            absent=absent,
            has_success=has_success or bool(contracts),
        )

    def _has_given_all(self, error: ContractNotFoundError) -> bool:
        """Whether to ask the source again is in vain."""
        return self._from_source and (self._policy.include_expired or not error.is_past)

    def _keep(self, update: FutureUpdate[Future]) -> FutureUpdate[Future]:
        return update
