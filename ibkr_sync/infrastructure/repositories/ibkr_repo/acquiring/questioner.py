"""Holds many dialogues at a time, asks once more where that helps, and ends in time."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from concurrent import futures
from dataclasses import dataclass
from typing import Generic, TypeVar

from ibkr_sync.domain.errors import (
    ConnectionLostError,
    GatewayError,
    HandshakeTimeoutError,
    IbkrSyncError,
    PacingError,
    ProductLookupError,
    ReplyError,
    RequestRejectedError,
    RunTimeoutError,
    UpstreamDownError,
)
from ibkr_sync.domain.evidence.acquired_future import Evidence, RefusedReply
from ibkr_sync.infrastructure.repositories.ibkr_repo.acquiring.dialogues import Dialogue
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.client_events import LadderEvent
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_reply import ContractReply
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_request import ContractRequest
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.gateway import Gateway
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.paced_sender import Sending
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.reply_reader import evidence_of

K = TypeVar("K")
T = TypeVar("T")

MAX_BROKEN_IN_A_ROW = 3
"""After so many requests in a row that broke their session there is no point in going on."""

MAX_TIMES_SENT = 2
"""A request that was sent so often, in vain, has failed."""

_ENDS_SESSIONS = (ConnectionLostError, PacingError)
"""TWS hangs up on a client that is too fast."""


@dataclass(slots=True, kw_only=True)
class _Question(Generic[K, T]):
    """Where a dialogue stands: at a request.

    Attributes:
        times_sent: how often it was sent; it never was when a session broke, or IBKR went
            away, while its message still waited for its turn.
        is_repeated: whether it failed before, sent or not.
        replies: the complete replies that the dialogue had before.
    """

    key: K
    dialogue: Dialogue[T]
    request: ContractRequest
    times_sent: int = 0
    is_repeated: bool = False
    replies: tuple[Evidence, ...] = ()


class Questioner:
    """Asks a gateway within the time of one run.

    A request is sent at most twice: again after a broken session, a message too many (once
    the pacer has slowed down), or an outage of IBKR that ends within the idle timeout; the
    first outage that does not is the last one waited for until it is over.
    """

    def __init__(self, gateway: Gateway, seconds: float) -> None:
        """Start the run's time, which ends so many seconds from now."""
        self._gateway = gateway
        self._deadline = time.monotonic() + seconds
        self._longest_outage = gateway.parameters.idle_timeout

    @property
    def left(self) -> float:
        """Seconds of the run that are left; negative when its time is over."""
        return self._deadline - time.monotonic()

    def hold(
        self, dialogues: Iterable[tuple[K, Dialogue[T]]]
    ) -> Iterator[tuple[K, T | RefusedReply | IbkrSyncError]]:
        """Hold the dialogues, and give what each comes to, or fails with, as soon as it does.

        One that a complete reply makes fail gives that with its error.
        Raises GatewayUnreachableError or a HandshakeError when no session can be opened, and
        ConnectionLostError or PacingError when sessions keep breaking, or refusing our rate.
        """
        if self._gateway.outage is None:
            self._longest_outage = self._gateway.parameters.idle_timeout
        yield from _Round(self, self._gateway, dialogues).outcomes()

    def hold_one(self, dialogue: Dialogue[T]) -> T | RefusedReply | IbkrSyncError:
        """Hold one dialogue; raises as `hold`."""
        ((_, outcome),) = self.hold([(None, dialogue)])
        return outcome

    def ask_ladders(
        self, market_rule_ids: Iterable[int]
    ) -> Iterator[LadderEvent | ReplyError | GatewayError]:
        """Give the tick ladders of these rules, or what prevented one or all of them.

        What has not been sent when the time is over never is. The gateway refuses a rule without
        saying which one, so that all that were under way with it are asked again, one by one.
        """
        refused: list[int] = []
        for market_rule_id, outcome in self._ask_at_once(market_rule_ids):
            if isinstance(outcome, RequestRejectedError) and market_rule_id is not None:
                refused.append(market_rule_id)
                reason = outcome
            else:
                yield outcome
        if len(refused) == 1:
            yield reason
            return
        for market_rule_id in refused:
            yield from (outcome for _, outcome in self._ask_at_once([market_rule_id]))

    def _ask_at_once(
        self, market_rule_ids: Iterable[int]
    ) -> Iterator[tuple[int | None, LadderEvent | ReplyError | GatewayError]]:
        """Give each rule with its outcome; None with what prevented all of them."""
        if self.left <= 0:
            yield None, RunTimeoutError()
            return
        try:
            asked = {
                number: self._gateway.request_ladder(number, self._deadline)
                for number in market_rule_ids
            }
        except (ReplyError, GatewayError) as error:
            yield None, error
            return
        try:
            for market_rule_id, pending in asked.items():
                try:
                    yield market_rule_id, pending.result(max(self.left, 0.0))
                except TimeoutError:
                    yield market_rule_id, RunTimeoutError()
                except (ReplyError, GatewayError) as error:
                    yield market_rule_id, error
        finally:
            for pending in asked.values():
                pending.cancel()

    def ask(self, request: ContractRequest) -> Sending[ContractReply]:
        """Send a request, unless the time is over; raises what `Gateway.open` raises.

        Where no session ever came about, that is worth reporting rather than that time is over.
        """
        if self.left <= 0:
            return self._out_of_time()
        try:
            return self._gateway.request_contracts(request, self._deadline)
        except HandshakeTimeoutError:
            if self.left <= 0 and self._gateway.has_connected:
                return self._out_of_time()
            raise

    def outage_ends(self) -> bool:
        """Wait for IBKR to be back; False when that takes too long, now or before."""
        ends = self._gateway.await_upstream(min(self._longest_outage, max(self.left, 0.0)))
        if not ends:
            self._longest_outage = 0.0
        return ends

    def _out_of_time(self) -> Sending[ContractReply]:
        failed: Sending[ContractReply] = Sending()
        failed.set_exception(RunTimeoutError())
        return failed


class _Round(Generic[K, T]):
    """One call of `Questioner.hold`.

    What a broken session leaves behind, or one whose rate was refused, is asked again alone,
    each request by itself: one that breaks every session is to harm no other. Dialogues that are
    at the same question share its reply, as far as it was not yet there when they came to it.
    """

    def __init__(
        self, questioner: Questioner, gateway: Gateway, dialogues: Iterable[tuple[K, Dialogue[T]]]
    ) -> None:
        self._questioner = questioner
        self._at_most = gateway.parameters.requests_in_flight
        self._dialogues = iter(dialogues)
        self._waiting = deque[_Question[K, T]]()
        self._suspects = deque[_Question[K, T]]()
        self._in_flight: dict[Sending[ContractReply], _Question[K, T]] = {}
        self._sharing = defaultdict[ContractRequest, list[_Question[K, T]]](list)
        self._broken = 0

    def outcomes(self) -> Iterator[tuple[K, T | RefusedReply | IbkrSyncError]]:
        """Give each dialogue's outcome (see `Questioner.hold`)."""
        while True:
            yield from self._send()
            if not self._in_flight:
                return
            left = max(self._questioner.left, 0.0)
            done = futures.wait(self._in_flight, left, futures.FIRST_COMPLETED).done
            if not done:
                for reply in list(self._in_flight):
                    yield from self._conclude(self._in_flight.pop(reply), RunTimeoutError())
                continue
            # One at a time: the next question goes out before the next reply is stored.
            reply = next(sending for sending in self._in_flight if sending in done)
            outcome = reply.exception() or reply.result()
            question = self._in_flight.pop(reply)
            question.times_sent += reply.was_sent
            yield from self._conclude(question, outcome)

    def _send(self) -> Iterator[tuple[K, T | RefusedReply | IbkrSyncError]]:
        """Ask as much as may be asked at once; gives what ends without a further question."""
        if self._suspects:
            if not self._in_flight:
                self._ask(self._suspects.popleft())
            return
        while len(self._in_flight) < self._at_most:
            if self._waiting:
                self._ask(self._waiting.popleft())
                continue
            begun = next(self._dialogues, None)
            if begun is None:
                return
            if self._questioner.left > 0:
                yield from self._go_on(*begun)
            else:
                yield begun[0], RunTimeoutError()

    def _ask(self, question: _Question[K, T]) -> None:
        if any(sending.request == question.request for sending in self._in_flight.values()):
            self._sharing[question.request].append(question)
        else:
            self._in_flight[self._questioner.ask(question.request)] = question

    def _conclude(
        self, question: _Question[K, T], outcome: ContractReply | BaseException
    ) -> Iterator[tuple[K, T | RefusedReply | IbkrSyncError]]:
        shared = self._sharing.pop(question.request, [])
        if shared and isinstance(outcome, ContractReply):
            outcome = outcome.rows.refusal or outcome
        if isinstance(outcome, BaseException):
            self._waiting.extend(shared)  # a failure is each one's own
            shared = []
        was_repeated, question.is_repeated = question.is_repeated, True
        may_repeat = question.times_sent < MAX_TIMES_SENT
        if isinstance(outcome, UpstreamDownError) and may_repeat and self._questioner.outage_ends():
            self._waiting.append(question)
            return
        if isinstance(outcome, _ENDS_SESSIONS):
            if was_repeated:
                self._broken += 1
                if self._broken == MAX_BROKEN_IN_A_ROW:
                    raise outcome
            if may_repeat:
                self._suspects.append(question)
                return
        else:
            self._broken = 0
        for other in (question, *shared):
            yield from self._go_on(other.key, other.dialogue, outcome, other.replies)

    def _go_on(
        self,
        key: K,
        dialogue: Dialogue[T],
        outcome: ContractReply | BaseException | None = None,
        replies: tuple[Evidence, ...] = (),
    ) -> Iterator[tuple[K, T | RefusedReply | IbkrSyncError]]:
        """Let a dialogue take its reply: it has another question, or it is over."""
        try:
            if isinstance(outcome, BaseException):
                request = dialogue.throw(outcome)
            else:
                request = next(dialogue) if outcome is None else dialogue.send(outcome)
        except StopIteration as end:
            yield key, end.value
        except (ReplyError, ProductLookupError, GatewayError) as error:
            _forget_frames(error)
            # A lookup error is about the words of the query; all others are about the reply.
            said = () if isinstance(error, ProductLookupError) else _evidence_of(outcome)
            yield key, RefusedReply.after((*replies, *said), error) if said else error
        else:
            replies = (*replies, *_evidence_of(outcome))
            self._waiting.appendleft(
                _Question(key=key, dialogue=dialogue, request=request, replies=replies)
            )


def _evidence_of(outcome: ContractReply | BaseException | None) -> tuple[Evidence, ...]:
    """A reply as it is kept; none where it can't be decoded, which is as if it had not come."""
    if isinstance(outcome, ContractReply) and outcome.rows.refusal is None:
        return (evidence_of(outcome),)
    return ()


def _forget_frames(error: BaseException) -> None:
    """Let go of the reply that failed: its traceback would hold it for as long as the run lasts."""
    reason: BaseException | None = error
    while reason is not None:
        reason.__traceback__ = None
        reason = reason.__cause__ or reason.__context__
