"""Asks for many chains: several at a time, once more where that helps, and in time."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from typing import TypeVar

from ibkr_sync.domain.errors import (
    ConnectionLostError,
    GatewayError,
    HandshakeTimeoutError,
    PacingError,
    ReplyError,
    ReplyTimeoutError,
    UpstreamDownError,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.client import Ladder
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway import Gateway
from ibkr_sync.infrastructure.repositories.ibkr_repo.replies import ContractReply, ContractRequest

T = TypeVar("T")

MAX_BROKEN_IN_A_ROW = 3
"""After so many requests in a row that broke their session there is no point in going on."""

_WORTH_ANOTHER_TRY = (ConnectionLostError, PacingError, UpstreamDownError)
"""What befalls a request without being about it."""


class Questioner:
    """Asks a gateway within the time of one run.

    A request is asked at most twice: again after a broken session, a message too many (once
    the pacer has slowed down), or an outage of IBKR that ends within the idle timeout; the
    first outage that does not is the last one waited for.
    """

    def __init__(self, gateway: Gateway) -> None:
        """Start the run's time: `run_timeout` from now."""
        self._gateway = gateway
        self._run_timeout = gateway.parameters.run_timeout
        self._deadline = time.monotonic() + self._run_timeout
        self._longest_outage = gateway.parameters.idle_timeout

    def ask_all(
        self, requests: Iterable[ContractRequest]
    ) -> Iterator[ContractReply | ReplyError | GatewayError]:
        """Give a reply or what prevented it for each request, in their order.

        Raises GatewayUnreachableError or a HandshakeError when no session can be opened, and
        ConnectionLostError when sessions keep breaking.
        """
        waiting = deque(requests)
        in_flight = deque[tuple[ContractRequest, Future[ContractReply]]]()
        broken = 0
        while waiting or in_flight:
            while waiting and len(in_flight) < self._gateway.parameters.requests_in_flight:
                request = waiting.popleft()
                in_flight.append((request, self._ask(request)))
            outcome = self._conclude(*in_flight.popleft())
            if isinstance(outcome, ConnectionLostError):
                broken += 1
                if broken == MAX_BROKEN_IN_A_ROW:
                    raise outcome
            else:
                broken = 0
            yield outcome

    def ask_ladders(
        self, market_rule_ids: Iterable[int]
    ) -> Iterator[Ladder | ReplyError | GatewayError]:
        """Give the tick ladders of these rules, or what prevented one or all of them."""
        if self._left <= 0:
            yield self._timeout()
            return
        try:
            asked = [self._gateway.request_ladder(each, self._deadline) for each in market_rule_ids]
        except (ReplyError, GatewayError) as error:
            yield error
            return
        for pending in asked:
            try:
                yield self._await(pending)
            except (ReplyError, GatewayError) as error:
                yield error

    def _ask(self, request: ContractRequest) -> Future[ContractReply]:
        if self._left <= 0:
            return self._out_of_time()
        try:
            return self._gateway.request_contracts(request, self._deadline)
        except HandshakeTimeoutError:
            if self._left <= 0:
                return self._out_of_time()
            raise

    def _conclude(
        self, request: ContractRequest, pending: Future[ContractReply]
    ) -> ContractReply | ReplyError | GatewayError:
        try:
            try:
                return self._await(pending)
            except _WORTH_ANOTHER_TRY as error:
                if isinstance(error, UpstreamDownError) and not self._outage_ends():
                    return error
                return self._await(self._ask(request))
        except (ReplyError, GatewayError) as error:
            return error

    def _outage_ends(self) -> bool:
        ends = self._gateway.await_upstream(min(self._longest_outage, max(self._left, 0.0)))
        if not ends:
            self._longest_outage = 0.0
        return ends

    def _await(self, pending: Future[T]) -> T:
        try:
            return pending.result(max(self._left, 0.0))
        except TimeoutError:
            raise self._timeout() from None

    @property
    def _left(self) -> float:
        return self._deadline - time.monotonic()

    def _out_of_time(self) -> Future[ContractReply]:
        failed: Future[ContractReply] = Future()
        failed.set_exception(self._timeout())
        return failed

    def _timeout(self) -> ReplyTimeoutError:
        return ReplyTimeoutError(f"the run took longer than {self._run_timeout:g} s")
