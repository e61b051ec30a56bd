"""Futures products from TWS / IB Gateway, persisted through the local repository."""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Generic, TypeVar

from ibkr_sync.catalogue import Catalogue
from ibkr_sync.catalogue.disagreements import disagreements
from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.entities.market_rules import MarketRule
from ibkr_sync.domain.entities.product_summary import ProductSummary
from ibkr_sync.domain.errors import (
    GatewayError,
    IbkrSyncError,
    ProductLookupError,
    ReplyError,
)
from ibkr_sync.domain.evidence.acquired_future import AcquiredFuture
from ibkr_sync.domain.evidence.chain_diff import ChainDiff
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.ports.futures import FuturePort, LocalFuturePort
from ibkr_sync.domain.runs.future_update import FutureFailure, FutureUpdate
from ibkr_sync.domain.runs.sync_policy import RunKind, SyncPolicy, SyncRun
from ibkr_sync.infrastructure.repositories.ibkr_repo.acquiring.absence import KnownContracts
from ibkr_sync.infrastructure.repositories.ibkr_repo.acquiring.acquirer import Acquirer
from ibkr_sync.infrastructure.repositories.ibkr_repo.acquiring.dialogues import (
    Dialogues,
    refuse_code,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.acquiring.questioner import Questioner
from ibkr_sync.infrastructure.repositories.ibkr_repo.acquiring.retry_policy import Patience
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.client import Ladder
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.gateway import Gateway
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.reading import ReplyReader
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.translation import translate_ladder

_log = logging.getLogger(__name__)

F = TypeVar("F", bound=Future)

_REFRESHES = (RunKind.REFRESH, RunKind.NAMED_REFRESH)


class IbkrFutureRepository(FuturePort[F], Generic[F]):
    """Acquires products from a gateway and delegates all persistence to the local repository.

    A reply is applied only if it is complete (end marker in the same session, no error, no
    break of the connection to IBKR meanwhile, every frame decoded) and every row of it is
    valid and was asked for.
    """

    def __init__(
        self,
        gateway: Gateway,
        local: LocalFuturePort[F],
        entity: type[F],
        catalogue: Catalogue,
        clock: Callable[[], datetime],
        *,
        origin: Origin = Origin.IBKR,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        """Take what was built elsewhere; nothing is connected before the first request.

        `origin` is what runs are recorded with: SAMPLE where the gateway is known to send no
        other data. `pause` waits some seconds before what failed is asked for again.
        """
        self._gateway = gateway
        self._local = local
        self._catalogue = catalogue
        self._reader = ReplyReader(entity, catalogue)
        self._clock = clock
        self._origin = origin
        self._pause = pause

    def get_by_symbol(self, query: FutureQuery) -> F:
        """Give what is stored (see the port)."""
        return self._local.get_by_symbol(query)

    def list_products(self) -> tuple[ProductSummary, ...]:
        """Summarise what is stored (see the port)."""
        return self._local.list_products()

    def get_or_create(self, query: FutureQuery, policy: SyncPolicy) -> FutureUpdate[F]:
        """Ask the gateway, validate, persist (see the port)."""
        (outcome,) = self.get_or_create_many([query], policy)
        if isinstance(outcome, FutureFailure):
            raise outcome.error
        return outcome

    def get_or_create_many(
        self, queries: Iterable[FutureQuery], policy: SyncPolicy
    ) -> Iterator[FutureUpdate[F] | FutureFailure]:
        """Ask the gateway for several products at once, each persisted when it is complete.

        A gateway that can't be reached, or keeps hanging up, ends the run; a reply that fails
        ends one product. When the run's time is over, the products still due fail with
        ReplyTimeoutError.
        """
        to_ask: list[FutureQuery] = []
        for query in queries:
            known = self._answer_unasked(query, policy)
            if known is None:
                to_ask.append(query)
            else:
                yield known
        if not to_ask:
            return
        with self._run(policy) as run:
            questioner = Questioner(self._gateway, self._seconds(policy))
            market_rule_ids: set[int] = set()
            for query, acquired in self._acquirer(questioner, policy).acquire(to_ask):
                outcome = self._finish(query, acquired, policy, run)
                _log.info("%s", _told(outcome))
                if isinstance(outcome, FutureUpdate):
                    market_rule_ids |= _market_rule_ids(outcome.product)
                yield outcome
            if run is not None:
                self._keep_ladders(self._due_ladders(market_rule_ids, policy), questioner)

    def _acquirer(self, questioner: Questioner, policy: SyncPolicy) -> Acquirer[F]:
        known = KnownContracts(self._local, self._clock)
        dialogues = Dialogues(self._gateway, known, self._catalogue, policy, self._reader)
        return Acquirer(
            self._gateway, questioner, dialogues, known, Patience.of(policy), pause=self._pause
        )

    def _seconds(self, policy: SyncPolicy) -> float:
        """How long the run may take."""
        if policy.deadline is None:
            return self._gateway.parameters.run_timeout
        return policy.deadline.total_seconds()

    def _run(self, policy: SyncPolicy) -> AbstractContextManager[SyncRun | None]:
        return nullcontext() if policy.dry_run else self._local.sync_run(self._origin, policy.kind)

    def _answer_unasked(
        self, query: FutureQuery, policy: SyncPolicy
    ) -> FutureUpdate[F] | FutureFailure | None:
        """What needs no gateway: a product that is fresh enough, a name IBKR can't have."""
        try:
            refuse_code(query)
            if policy.max_age is None:
                return None
            product = self._local.find_fresh(query, policy.max_age, self._clock())
        except ProductLookupError as error:
            return FutureFailure(query=query, error=error)
        if product is None:
            return None
        return FutureUpdate(query=query, product=product, is_new=False, applied=not policy.dry_run)

    def _finish(
        self,
        query: FutureQuery,
        acquired: AcquiredFuture[F] | IbkrSyncError,
        policy: SyncPolicy,
        run: SyncRun | None,
    ) -> FutureUpdate[F] | FutureFailure:
        if isinstance(acquired, IbkrSyncError):
            return self._fail(query, acquired, run)
        try:
            if run is None:
                update = self._local.plan_entity(acquired, query, policy)
            else:
                update = self._local.get_or_create_entity(acquired, query, policy, run)
        except (ReplyError, ProductLookupError) as error:
            return self._fail(query, error, run)
        return dataclasses.replace(update, remarks=self._remarks(acquired.product))

    def _remarks(self, product: Future) -> tuple[str, ...]:
        """Where the catalogue knows a product otherwise than IBKR; logged for the file's sake."""
        remarks = tuple(str(each) for each in disagreements(product, self._catalogue))
        for remark in remarks:
            _log.info("%s: %s", product.key, remark)
        return remarks

    def _fail(self, query: FutureQuery, error: IbkrSyncError, run: SyncRun | None) -> FutureFailure:
        failure = FutureFailure(query=query, error=error)
        if run is not None:
            self._local.record_failure(failure, run)
        return failure

    def _due_ladders(self, market_rule_ids: set[int], policy: SyncPolicy) -> list[int]:
        """Those not stored yet; then, in a refresh, those stored, which may have changed since."""
        known = self._local.known_market_rules()
        again = market_rule_ids & known if policy.kind in _REFRESHES else ()
        return [*sorted(market_rule_ids - known), *sorted(again)]

    def _keep_ladders(self, market_rule_ids: Sequence[int], questioner: Questioner) -> None:
        """Fetch tick ladders; a contract is right without them."""
        if not market_rule_ids:
            return
        rules: list[MarketRule] = []
        reasons: dict[str, None] = {}  # each once, in order
        for outcome in questioner.ask_ladders(market_rule_ids):
            try:
                rules.append(_read_ladder(outcome))
            except (ReplyError, GatewayError) as error:
                reasons[str(error)] = None
        for reason in reasons:
            _log.warning(
                "%d of %d tick ladders received: %s", len(rules), len(market_rule_ids), reason
            )
        self._local.store_market_rules(rules)


def _told(outcome: FutureUpdate[F] | FutureFailure) -> str:
    """An outcome as the log has it."""
    if isinstance(outcome, FutureFailure):
        return f"{outcome.query} failed: {type(outcome.error).__name__}: {outcome.error}"
    diff = outcome.diff or ChainDiff()
    counts = {
        "new": len(diff.added),
        "changed": len(diff.updated),
        "returned": len(diff.returned),
        "missing": len(diff.missing),
        "delisted": len(diff.delisted),
        "unchanged": diff.unchanged,
    }
    told = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    return f"{outcome.product.key}: {told}{'' if outcome.applied else ' (nothing written)'}"


def _market_rule_ids(product: Future) -> set[int]:
    venues = (venue for contract in product.contracts for venue in contract.venues)
    return {venue.market_rule_id for venue in venues if venue.market_rule_id is not None}


def _read_ladder(outcome: Ladder | ReplyError | GatewayError) -> MarketRule:
    if isinstance(outcome, Ladder):
        return translate_ladder(outcome)
    raise outcome
