"""Futures products from TWS / IB Gateway, persisted through the local repository."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future as Pending
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from decimal import Decimal
from typing import Generic, TypeVar, cast

from ibkr_sync.catalogue import Catalogue
from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import Future, Origin, ProductKey, covered_asset_classes
from ibkr_sync.domain.entities.market_rules import MarketRule, PriceIncrement
from ibkr_sync.domain.errors import (
    AmbiguousProductError,
    AssetClassMismatchError,
    GatewayError,
    ProductCandidate,
    ProductLookupError,
    ProductNotFoundError,
    ReplyError,
    RequestRejectedError,
)
from ibkr_sync.domain.ports.futures import FuturePort, LocalFuturePort
from ibkr_sync.domain.sync import (
    AcquiredFuture,
    Evidence,
    FutureFailure,
    FutureQuery,
    FutureUpdate,
    ProductSummary,
    SyncPolicy,
    SyncRun,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.assembly import assemble_product, candidate
from ibkr_sync.infrastructure.repositories.ibkr_repo.client import Ladder
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway import Gateway
from ibkr_sync.infrastructure.repositories.ibkr_repo.notices import NO_SECURITY_DEFINITION
from ibkr_sync.infrastructure.repositories.ibkr_repo.replies import ContractReply, ContractRequest
from ibkr_sync.infrastructure.repositories.ibkr_repo.rules import (
    group_by_product,
    merge_rows,
    refuse_foreign_rows,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.translation import translate_row

_log = logging.getLogger(__name__)

F = TypeVar("F", bound=Future)


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
        self._covered = covered_asset_classes(entity)
        self._catalogue = catalogue
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

        A gateway that can't be reached ends the run; a reply that fails ends one product.
        """
        stale = deque[FutureQuery]()
        for query in queries:
            fresh = self._find_fresh(query, policy)
            if fresh is None:
                stale.append(query)
            else:
                yield fresh
        if not stale:
            return
        with self._run(policy) as run:
            in_flight = deque[tuple[FutureQuery, Pending[ContractReply]]]()
            while stale or in_flight:
                while stale and len(in_flight) < self._gateway.parameters.requests_in_flight:
                    query = stale.popleft()
                    in_flight.append((query, self._request(query, policy)))
                yield self._finish(*in_flight.popleft(), policy, run)

    def _run(self, policy: SyncPolicy) -> AbstractContextManager[SyncRun | None]:
        return nullcontext() if policy.dry_run else self._local.sync_run(Origin.IBKR)

    def _find_fresh(
        self, query: FutureQuery, policy: SyncPolicy
    ) -> FutureUpdate[F] | FutureFailure | None:
        if policy.max_age is None:
            return None
        try:
            product = self._local.find_fresh(query, policy.max_age, self._clock())
        except ProductLookupError as error:
            return FutureFailure(query=query, error=error)
        return None if product is None else FutureUpdate(query=query, product=product)

    def _request(self, query: FutureQuery, policy: SyncPolicy) -> Pending[ContractReply]:
        request = ContractRequest(
            symbol=query.symbol,
            exchange=query.exchange or self._only_exchange(query.symbol),
            include_expired=policy.include_expired,
        )
        return self._gateway.request_contracts(request)

    def _only_exchange(self, symbol: str) -> str:
        """The one exchange on which the catalogue knows the symbol to trade, else ""."""
        exchanges = {each.exchange for each in self._catalogue.by_symbol(symbol) if each.active}
        return exchanges.pop() if len(exchanges) == 1 else ""

    def _finish(
        self,
        query: FutureQuery,
        pending: Pending[ContractReply],
        policy: SyncPolicy,
        run: SyncRun | None,
    ) -> FutureUpdate[F] | FutureFailure:
        try:
            acquired = self._accept(query, pending)
            if run is None:
                return self._local.plan_entity(acquired, query, policy)
            update = self._local.get_or_create_entity(acquired, query, policy, run)
        except (ReplyError, ProductLookupError, GatewayError) as error:
            failure = FutureFailure(query=query, error=error)
            if run is not None:
                self._local.record_failure(failure, run)
            return failure
        self._keep_ladders(acquired.product.contracts)
        return update

    def _accept(self, query: FutureQuery, pending: Pending[ContractReply]) -> AcquiredFuture[F]:
        try:
            reply = pending.result()
        except RequestRejectedError as error:
            if error.code != NO_SECURITY_DEFINITION:
                raise
            detail = f"error {error.code}, {error.text}"
            raise ProductNotFoundError(query.symbol, "IBKR", detail) from error
        product, frames = self._read(query, reply)
        if product.asset_class not in self._covered:
            raise AssetClassMismatchError(query.symbol, product.asset_class)
        evidence = Evidence(
            received_at=reply.received_at,
            server_version=reply.server_version,
            client_version=reply.client_version,
            frames=frames,
        )
        return AcquiredFuture(product=cast("F", product), evidence=evidence)

    def _read(self, query: FutureQuery, reply: ContractReply) -> tuple[Future, tuple[bytes, ...]]:
        """The product that is meant, and the frames it was read from."""
        translated = [(translate_row(row), row.frame) for row in reply.rows]
        refuse_foreign_rows(reply.request, (contract for contract, _ in translated))
        groups = group_by_product(merge_rows(contract for contract, _ in translated))
        products = [
            assemble_product(key, contracts, self._catalogue, reply.received_at)
            for key, contracts in groups.items()
        ]
        meant = [product for product in products if query.matches(product)]
        if not meant:
            offered = ", ".join(str(product.key) for product in products) or "nothing"
            raise ProductNotFoundError(query.symbol, "IBKR", f"IBKR answered {offered}")
        if len(meant) > 1:
            raise AmbiguousProductError(query.symbol, self._candidates(meant, groups))
        members = {contract.con_id for contract in meant[0].contracts}
        frames = (frame for contract, frame in translated if contract.con_id in members)
        return meant[0], (*frames, reply.end_frame)

    def _candidates(
        self, products: list[Future], groups: dict[ProductKey, tuple[FuturesContract, ...]]
    ) -> list[ProductCandidate]:
        now = self._clock()
        return [candidate(product.key, groups[product.key], now) for product in products]

    def _keep_ladders(self, contracts: Iterable[FuturesContract]) -> None:
        """Fetch the tick ladders not stored yet; a contract is right without them."""
        used = {venue.market_rule_id for each in contracts for venue in each.venues} - {None}
        missing = sorted(cast("set[int]", used) - self._local.known_market_rules())
        if not missing:
            return
        try:
            asked = [self._gateway.request_ladder(rule_id) for rule_id in missing]
            self._local.store_market_rules(_market_rule(each.result()) for each in asked)
        except (ReplyError, GatewayError) as error:
            _log.warning("tick ladders %s are not known yet: %s", missing, error)


def _market_rule(ladder: Ladder) -> MarketRule:
    return MarketRule(
        market_rule_id=ladder.market_rule_id,
        increments=tuple(
            PriceIncrement(low_edge=Decimal(str(edge)), increment=Decimal(str(increment)))
            for edge, increment in ladder.increments
        ),
    )
