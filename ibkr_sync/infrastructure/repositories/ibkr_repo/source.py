"""Futures products from TWS / IB Gateway."""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Generic, TypeVar

from ibkr_sync.catalogue import Catalogue
from ibkr_sync.domain.delivery.audit.fact_disagreements import fact_disagreements
from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.entities.market_rules import MarketRule
from ibkr_sync.domain.errors import GatewayError, ProductNotFoundError, ReplyError
from ibkr_sync.domain.evidence.acquired_future import AcquiredFuture, AcquiredLadders
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.ports.future_source import Acquisition, FutureSource, KnownFutures
from ibkr_sync.domain.runs.sync_policy import SyncPolicy
from ibkr_sync.infrastructure.repositories.ibkr_repo.acquiring.acquirer import Acquirer
from ibkr_sync.infrastructure.repositories.ibkr_repo.acquiring.dialogues import (
    Dialogues,
    refuse_code,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.acquiring.known_contracts import KnownContracts
from ibkr_sync.infrastructure.repositories.ibkr_repo.acquiring.questioner import Questioner
from ibkr_sync.infrastructure.repositories.ibkr_repo.acquiring.retry_policy import RetryPolicy
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.client_events import LadderEvent
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.gateway import Gateway
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.ladders import translate_ladder
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.reply_reader import (
    PLACE,
    ReplyReader,
)

_log = logging.getLogger(__name__)

F = TypeVar("F", bound=Future)


class IbkrFutureSource(FutureSource[F], Generic[F]):
    """Acquires products from a gateway, and the tick ladders that they refer to.

    A reply is given only if it is complete (end marker in the same session, no error, no
    break of the connection to IBKR meanwhile, every frame decoded) and every row of it is
    valid and was asked for.
    """

    name = PLACE

    def __init__(
        self,
        gateway: Gateway,
        entity: type[F],
        catalogue: Catalogue,
        clock: Callable[[], datetime],
        *,
        origin: Origin = Origin.IBKR,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        """Take what was built elsewhere; nothing is connected before the first request.

        `origin` is SAMPLE where the gateway is known to send no other data. `pause` waits some
        seconds before what failed is asked for again.
        """
        self.origin = origin
        self._gateway = gateway
        self._catalogue = catalogue
        self._reader = ReplyReader(entity, catalogue)
        self._clock = clock
        self._pause = pause

    def acquire(
        self, queries: Iterable[FutureQuery], policy: SyncPolicy, known: KnownFutures
    ) -> Iterator[Acquisition[F]]:
        """Ask the gateway for several products at once.

        A gateway that can't be reached, or keeps hanging up, ends the run; a reply that fails
        ends one product. When the run's time is over, the products still due fail with
        RunTimeoutError.
        """
        to_ask: list[FutureQuery] = []
        for query in queries:
            try:
                refuse_code(query)
            except ProductNotFoundError as error:
                yield query, error
            else:
                to_ask.append(query)
        questioner = Questioner(self._gateway, self._seconds(policy))
        for query, acquired in self._acquirer(questioner, policy, known).acquire(to_ask):
            if isinstance(acquired, AcquiredFuture):
                yield query, self._compared(acquired)
            else:
                yield query, acquired
        due = known.due_market_rules()
        if due:
            yield AcquiredLadders(rules=_ask_ladders(due, questioner))

    def _acquirer(
        self, questioner: Questioner, policy: SyncPolicy, known: KnownFutures
    ) -> Acquirer[F]:
        contracts = KnownContracts(known, self._clock)
        dialogues = Dialogues(self._gateway, contracts, self._catalogue, policy, self._reader)
        return Acquirer(
            self._gateway,
            questioner,
            dialogues,
            contracts,
            RetryPolicy.of(policy),
            pause=self._pause,
        )

    def _seconds(self, policy: SyncPolicy) -> float:
        """How long the run may take."""
        if policy.deadline is None:
            return self._gateway.parameters.run_timeout
        return policy.deadline.total_seconds()

    def _compared(self, acquired: AcquiredFuture[F]) -> AcquiredFuture[F]:
        """With the count of values that the catalogue knows otherwise."""
        row = self._catalogue.row_of(acquired.product.key)
        if row is None:
            return acquired
        found = fact_disagreements(acquired.product, row, self._clock())
        return dataclasses.replace(acquired, disagreements=sum(1 for _ in found))


def _ask_ladders(market_rule_ids: Sequence[int], questioner: Questioner) -> tuple[MarketRule, ...]:
    """Give the tick ladders that come; a contract is right without them."""
    rules: list[MarketRule] = []
    reasons: dict[str, None] = {}  # once, in order
    for outcome in questioner.ask_ladders(market_rule_ids):
        try:
            rules.append(_read_ladder(outcome))
        except (ReplyError, GatewayError) as error:
            reasons[str(error)] = None
    for reason in reasons:
        _log.warning("%d of %d tick ladders received: %s", len(rules), len(market_rule_ids), reason)
    return tuple(rules)


def _read_ladder(outcome: LadderEvent | ReplyError | GatewayError) -> MarketRule:
    if isinstance(outcome, LadderEvent):
        return translate_ladder(outcome)
    raise outcome
