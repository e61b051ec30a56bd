"""Futures products from TWS / IB Gateway, persisted through the local repository."""

from __future__ import annotations

import dataclasses
import logging
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Generic, TypeVar

from ibkr_sync.catalogue import Catalogue
from ibkr_sync.catalogue.disagreements import disagreements
from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.entities.market_rules import MarketRule
from ibkr_sync.domain.errors import (
    GatewayError,
    IbkrSyncError,
    ProductLookupError,
    ProductNotFoundError,
    ReplyError,
    RequestRejectedError,
)
from ibkr_sync.domain.ports.futures import FuturePort, LocalFuturePort
from ibkr_sync.domain.sync import (
    FutureFailure,
    FutureQuery,
    FutureUpdate,
    ProductSummary,
    SyncPolicy,
    SyncRun,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.asking import Questioner
from ibkr_sync.infrastructure.repositories.ibkr_repo.client import Ladder
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway import Gateway
from ibkr_sync.infrastructure.repositories.ibkr_repo.locating import request_for_product
from ibkr_sync.infrastructure.repositories.ibkr_repo.notices import NO_SECURITY_DEFINITION
from ibkr_sync.infrastructure.repositories.ibkr_repo.reading import PLACE, ReplyReader
from ibkr_sync.infrastructure.repositories.ibkr_repo.replies import ContractReply, ContractRequest
from ibkr_sync.infrastructure.repositories.ibkr_repo.translation import translate_ladder

_log = logging.getLogger(__name__)

F = TypeVar("F", bound=Future)

_CODE = re.compile(r"[ -~]{1,64}")
"""What the protocol can carry of a symbol or exchange: printable ASCII."""


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
    ) -> None:
        """Take what was built elsewhere; nothing is connected before the first request."""
        self._gateway = gateway
        self._local = local
        self._catalogue = catalogue
        self._reader = ReplyReader(entity, catalogue)
        self._clock = clock

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
            questioner = Questioner(self._gateway)
            requests: list[tuple[FutureQuery, ContractRequest]] = []
            for query, request in self._requests(to_ask, policy, questioner):
                if isinstance(request, IbkrSyncError):
                    yield self._fail(query, request, run)
                else:
                    requests.append((query, request))
            market_rule_ids: set[int] = set()
            outcomes = questioner.ask_all(request for _, request in requests)
            for (query, request), outcome in zip(requests, outcomes, strict=True):
                finished = self._finish(query, _as_not_found(outcome, request), policy, run)
                if isinstance(finished, FutureUpdate):
                    market_rule_ids |= _market_rule_ids(finished.product)
                yield finished
            if run is not None:
                self._keep_ladders(market_rule_ids, questioner)

    def _run(self, policy: SyncPolicy) -> AbstractContextManager[SyncRun | None]:
        return nullcontext() if policy.dry_run else self._local.sync_run(Origin.IBKR, policy.kind)

    def _answer_unasked(
        self, query: FutureQuery, policy: SyncPolicy
    ) -> FutureUpdate[F] | FutureFailure | None:
        """What needs no gateway: a product that is fresh enough, a name IBKR can't have."""
        try:
            for code in (query.symbol, query.exchange or query.symbol):
                if not _CODE.fullmatch(code):
                    raise ProductNotFoundError(query.symbol, PLACE, f"{code!r} is no code of IBKR")
            if policy.max_age is None:
                return None
            product = self._local.find_fresh(query, policy.max_age, self._clock())
        except ProductLookupError as error:
            return FutureFailure(query=query, error=error)
        if product is None:
            return None
        return FutureUpdate(query=query, product=product, applied=not policy.dry_run)

    def _requests(
        self, queries: Iterable[FutureQuery], policy: SyncPolicy, questioner: Questioner
    ) -> Iterator[tuple[FutureQuery, ContractRequest | IbkrSyncError]]:
        """What to ask for each query; of a conId IBKR has to tell the product first."""
        by_con_id = [query for query in queries if query.con_id is not None]
        first = [ContractRequest(con_id=each.con_id, include_expired=True) for each in by_con_id]
        for query, request, outcome in zip(
            by_con_id, first, questioner.ask_all(first), strict=True
        ):
            yield query, request_for_product(_as_not_found(outcome, request), policy)
        for query in queries:
            if query.con_id is None:
                yield query, self._request_for(query, policy)

    def _request_for(self, query: FutureQuery, policy: SyncPolicy) -> ContractRequest:
        return ContractRequest(
            symbol=query.symbol,
            exchange=query.exchange or self._only_exchange(query.symbol),
            include_expired=policy.include_expired,
        )

    def _only_exchange(self, symbol: str) -> str:
        """The one exchange on which the catalogue knows the symbol to trade, else ""."""
        exchanges = {each.exchange for each in self._catalogue.by_symbol(symbol) if each.active}
        return exchanges.pop() if len(exchanges) == 1 else ""

    def _finish(
        self,
        query: FutureQuery,
        outcome: ContractReply | IbkrSyncError,
        policy: SyncPolicy,
        run: SyncRun | None,
    ) -> FutureUpdate[F] | FutureFailure:
        if isinstance(outcome, IbkrSyncError):
            return self._fail(query, outcome, run)
        try:
            acquired = self._reader.read(query, outcome)
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

    def _keep_ladders(self, market_rule_ids: set[int], questioner: Questioner) -> None:
        """Fetch the tick ladders not stored yet; a contract is right without them."""
        missing = sorted(market_rule_ids - self._local.known_market_rules())
        if not missing:
            return
        rules: list[MarketRule] = []
        for outcome in questioner.ask_ladders(missing):
            try:
                rules.append(_read_ladder(outcome))
            except (ReplyError, GatewayError) as error:
                _log.warning("a tick ladder is not known yet: %s", error)
        self._local.store_market_rules(rules)


def _as_not_found(
    outcome: ContractReply | IbkrSyncError, request: ContractRequest
) -> ContractReply | IbkrSyncError:
    """IBKR's error 200, which says nothing about contracts that are stored."""
    if isinstance(outcome, RequestRejectedError) and outcome.code == NO_SECURITY_DEFINITION:
        symbol = request.symbol or str(request.con_id)
        asked = "" if request.con_id or str(request) == symbol else f"{request} was asked for; "
        return ProductNotFoundError(symbol, PLACE, f"{asked}{outcome}")
    return outcome


def _market_rule_ids(product: Future) -> set[int]:
    venues = (venue for contract in product.contracts for venue in contract.venues)
    return {venue.market_rule_id for venue in venues if venue.market_rule_id is not None}


def _read_ladder(outcome: Ladder | ReplyError | GatewayError) -> MarketRule:
    if isinstance(outcome, Ladder):
        return translate_ladder(outcome)
    raise outcome
