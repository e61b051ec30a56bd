"""Requests whose replies are due, and what of them has arrived."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from dataclasses import dataclass, field

from ibkr_sync.domain.errors import IbkrSyncError, ReplyTimeoutError
from ibkr_sync.infrastructure.repositories.ibkr_repo.client import Ladder
from ibkr_sync.infrastructure.repositories.ibkr_repo.replies import (
    ContractReply,
    ContractRequest,
    ReceivedRow,
)

MAX_ROWS = 50_000
"""No chain comes near this; a gateway that sends more is not answering our question."""


@dataclass(slots=True, kw_only=True)
class PendingReply:
    """One request for contract details; `sent_at` is monotonic seconds."""

    request: ContractRequest
    sent_at: float
    result: Future[ContractReply] = field(default_factory=Future)
    rows: list[ReceivedRow] = field(default_factory=list)


class PendingReplies:
    """The replies that are due in one session, safe between the reading and asking threads.

    A request leaves the table in the moment its result is set, so a result is set once, and
    what arrives later for its id belongs to nobody.
    """

    def __init__(self, idle_timeout: float, total_timeout: float) -> None:
        self._idle_timeout = idle_timeout
        self._total_timeout = total_timeout
        self._lock = threading.Lock()
        self._contracts: dict[int, PendingReply] = {}
        self._ladders: dict[int, tuple[float, Future[Ladder]]] = {}
        self._last_progress = 0.0

    def expect_contracts(
        self, request_id: int, request: ContractRequest, now: float
    ) -> Future[ContractReply]:
        """Await the reply to a request that is about to be sent."""
        pending = PendingReply(request=request, sent_at=now)
        with self._lock:
            self._contracts[request_id] = pending
            self._last_progress = now
        return pending.result

    def expect_ladder(self, market_rule_id: int, now: float) -> Future[Ladder]:
        """Await a tick ladder; asking again for one that is due gives the same result."""
        with self._lock:
            self._last_progress = now
            _, result = self._ladders.setdefault(market_rule_id, (now, Future()))
        return result

    def __contains__(self, request_id: int) -> bool:
        return request_id in self._contracts

    def __getitem__(self, request_id: int) -> PendingReply:
        return self._contracts[request_id]

    def note_progress(self, now: float) -> None:
        """Something that was asked for has arrived: the gateway is at work."""
        self._last_progress = now

    def complete_contracts(self, request_id: int, reply: ContractReply) -> None:
        """Hand over a complete reply."""
        with self._lock:
            pending = self._contracts.pop(request_id, None)
        if pending is not None:
            pending.result.set_result(reply)

    def complete_ladder(self, ladder: Ladder) -> None:
        """Hand over a tick ladder; one that nobody asked for is dropped."""
        with self._lock:
            _, result = self._ladders.pop(ladder.market_rule_id, (0.0, None))
        if result is not None:
            result.set_result(ladder)

    def fail(self, request_id: int, error: IbkrSyncError) -> None:
        """Fail one request; what had arrived for it is discarded."""
        with self._lock:
            pending = self._contracts.pop(request_id, None)
        if pending is not None:
            pending.result.set_exception(error)

    def fail_all(self, error: IbkrSyncError) -> None:
        """Fail whatever is due."""
        with self._lock:
            results: list[Future[ContractReply] | Future[Ladder]] = [
                *(pending.result for pending in self._contracts.values()),
                *(result for _, result in self._ladders.values()),
            ]
            self._contracts.clear()
            self._ladders.clear()
        for result in results:
            result.set_exception(error)

    def expire(self, now: float) -> None:
        """Fail what has waited too long.

        Silence is measured over the session, because TWS answers requests one after the
        other; the total is each request's own.
        """
        with self._lock:
            nothing_due = not self._contracts and not self._ladders
            sent = {key: pending.sent_at for key, pending in self._contracts.items()}
            asked = [at for at, _ in self._ladders.values()]
        if nothing_due:
            return
        if now - self._last_progress > self._idle_timeout:
            self.fail_all(ReplyTimeoutError(f"nothing arrived for {self._idle_timeout:g} s"))
            return
        late = f"incomplete after {self._total_timeout:g} s"
        for request_id, sent_at in sent.items():
            if now - sent_at > self._total_timeout:
                self.fail(request_id, ReplyTimeoutError(late))
        if any(now - at > self._total_timeout for at in asked):
            self._fail_ladders(ReplyTimeoutError(late))

    def _fail_ladders(self, error: IbkrSyncError) -> None:
        with self._lock:
            results = [result for _, result in self._ladders.values()]
            self._ladders.clear()
        for result in results:
            result.set_exception(error)
