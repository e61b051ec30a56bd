"""Requests whose replies are due, and what of them has arrived."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from ibkr_sync.domain.errors import IbkrSyncError, ReplyTimeoutError, ReplyTooLargeError
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.client_events import LadderEvent
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_reply import (
    ContractReply,
    SentRows,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_request import ContractRequest
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.session.row_budget import RowBudget

LADDER_PATIENCE = 3.0
"""Seconds of silence after which ladders are given up: a contract is right without them."""


@dataclass(slots=True, kw_only=True)
class PendingReply:
    """Something that was asked for; `sent_at` is monotonic seconds."""

    sent_at: float
    result: Future[Any] = field(default_factory=Future)


@dataclass(slots=True, kw_only=True)
class PendingChain(PendingReply):
    """A request for contract details, and the rows that have arrived for it."""

    request: ContractRequest
    rows: SentRows


class PendingReplies:
    """The replies that are due in one session, safe between the reading and asking threads.

    A request leaves the table in the moment its result is set, so a result is set once, and
    what arrives later for its id belongs to nobody.
    """

    def __init__(self, idle_timeout: float, total_timeout: float) -> None:
        self._idle_timeout = idle_timeout
        self._total_timeout = total_timeout
        self._lock = threading.Lock()
        self._due: dict[Hashable, PendingReply] = {}
        self._last_progress = 0.0
        self._oldest_sent_at = 0.0  # or earlier: replies that came since are not looked through
        self._budget = RowBudget()

    def expect_contracts(
        self, request_id: int, request: ContractRequest, now: float
    ) -> Future[ContractReply]:
        """Await the reply to a request that is about to be sent."""
        chain = PendingChain(request=request, sent_at=now, rows=self._budget.hold())
        return self._expect(request_id, chain)

    def expect_ladder(self, market_rule_id: int, now: float) -> Future[LadderEvent]:
        """Await a tick ladder; asking again for one that is due gives the same result."""
        return self._expect(_ladder(market_rule_id), PendingReply(sent_at=now))

    def find_chain(self, request_id: int) -> PendingChain | None:
        """The request for contract details that has this id, None when none is due."""
        found = self._due.get(request_id)
        return found if isinstance(found, PendingChain) else None

    def note_progress(self, now: float) -> None:
        """Something that was asked for has arrived: the gateway is at work."""
        self._last_progress = now

    def complete_contracts(self, request_id: int, reply: ContractReply) -> None:
        """Hand over a complete reply."""
        self._complete(request_id, reply)

    def complete_ladder(self, ladder: LadderEvent) -> None:
        """Hand over a tick ladder; one that nobody asked for is dropped."""
        self._complete(_ladder(ladder.market_rule_id), ladder)

    def fail(self, request_id: int, error: IbkrSyncError) -> None:
        """Fail one request for contract details; what had arrived for it is discarded."""
        self._fail(lambda key, _: key == request_id, error)

    def fail_beyond_budget(self, added: int) -> None:
        """Where all rows and what was just added take too much, fail the largest reply in flight.

        `added` is in bytes of memory.
        """
        if not self._budget.is_exceeded_by(added):
            return
        with self._lock:
            chains = [
                hashable for hashable in self._due.values() if isinstance(hashable, PendingChain)
            ]
        largest = max(chains, key=lambda item: item.rows.weight, default=None)
        if largest is None:  # the session has ended meanwhile
            return
        error = ReplyTooLargeError(str(largest.request), len(largest.rows))
        largest.rows.discard()
        self._fail(lambda _key, pending: pending is largest, error)

    def fail_unsent(self, result: Future[Any], error: IbkrSyncError) -> None:
        """Fail what was awaited and could not be sent."""
        self._fail(lambda _key, pending: pending.result is result, error)

    def fail_ladders(self, error: IbkrSyncError) -> None:
        """Fail every tick ladder that is due."""
        self._fail(lambda key, _: isinstance(key, tuple), error)

    def fail_all(self, error: IbkrSyncError) -> None:
        """Fail whatever is due."""
        self._fail(lambda _key, _pending: True, error)

    def expire(self, now: float) -> None:
        """Fail what has waited too long.

        Silence is measured over the session, because TWS answers requests one after the
        other; the total is each request's own.
        """
        if not self._due:
            return
        silence = now - self._last_progress
        patience = min(LADDER_PATIENCE, self._idle_timeout)
        if silence > self._idle_timeout:
            self.fail_all(ReplyTimeoutError(f"nothing arrived for {self._idle_timeout:g} s"))
        elif silence > patience:
            self.fail_ladders(ReplyTimeoutError(f"nothing arrived for {patience:g} s"))
        if now - self._oldest_sent_at > self._total_timeout:
            self._fail(
                lambda _, pending: now - pending.sent_at > self._total_timeout,
                ReplyTimeoutError(f"incomplete after {self._total_timeout:g} s"),
            )
            with self._lock:
                sent = (pending.sent_at for pending in self._due.values())
                self._oldest_sent_at = min(sent, default=now)

    def _expect(self, key: Hashable, pending: PendingReply) -> Future[Any]:
        with self._lock:
            self._last_progress = pending.sent_at
            if not self._due:
                self._oldest_sent_at = pending.sent_at
            return self._due.setdefault(key, pending).result

    def _complete(self, key: Hashable, reply: object) -> None:
        with self._lock:
            pending = self._due.pop(key, None)
        if pending is not None:
            pending.result.set_result(reply)

    def _fail(
        self, concerns: Callable[[Hashable, PendingReply], bool], error: IbkrSyncError
    ) -> None:
        with self._lock:
            failed = {key: value for key, value in self._due.items() if concerns(key, value)}
            for key in failed:
                del self._due[key]
        for pending in failed.values():
            pending.result.set_exception(error)


def _ladder(market_rule_id: int) -> Hashable:
    return "ladder", market_rule_id
