"""Asks for the products of a run until each is there or past hope, in round after round."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Generic, TypeAlias, TypeVar

from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.errors import (
    DefinitionsUnavailableError,
    GatewayError,
    IbkrSyncError,
    ProductNotFoundError,
    ReplyTimeoutError,
)
from ibkr_sync.domain.evidence.acquired_future import (
    AbsentFuture,
    AcquiredFuture,
    RecognisedReply,
    RefusedReply,
)
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.infrastructure.repositories.ibkr_repo.acquiring.dialogues import Dialogue, Dialogues
from ibkr_sync.infrastructure.repositories.ibkr_repo.acquiring.known_contracts import (
    KnownButDoubted,
    KnownContracts,
    KnownProbe,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.acquiring.questioner import Questioner
from ibkr_sync.infrastructure.repositories.ibkr_repo.acquiring.retry_policy import RetryPolicy
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.gateway import Gateway
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.reply_reader import PLACE

_log = logging.getLogger(__name__)

F = TypeVar("F", bound=Future)

Acquired: TypeAlias = (
    AcquiredFuture[F] | RecognisedReply | AbsentFuture | RefusedReply | IbkrSyncError
)
"""What came of a query."""


class Acquirer(Generic[F]):
    """Acquires the products of one run.

    `pause` waits some seconds, `jitter` gives a number from 0 to 1.
    """

    def __init__(
        self,
        gateway: Gateway,
        questioner: Questioner,
        dialogues: Dialogues[F],
        known: KnownContracts,
        retry_policy: RetryPolicy,
        *,
        pause: Callable[[float], object] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._gateway = gateway
        self._questioner = questioner
        self._dialogues = dialogues
        self._known = known
        self._retry_policy = retry_policy
        self._pause = pause
        self._jitter = jitter

    def acquire(self, queries: Iterable[FutureQuery]) -> Iterator[tuple[FutureQuery, Acquired[F]]]:
        """Give each product, or what it fails with for good, as soon as that is known.

        What fails for a reason that passes is asked for again after all others. Raises what
        ends the run: GatewayUnreachableError, a HandshakeError or ConnectionLostError.
        """
        due = list(queries)
        tried = 0
        while due:
            tried += 1
            failed: dict[FutureQuery, IbkrSyncError] = {}
            concluded: set[FutureQuery] = set()
            ended: GatewayError | None = None
            try:
                for query, outcome in self._round(due):
                    # A reply that is asked for again is not held meanwhile.
                    error = outcome.error if isinstance(outcome, RefusedReply) else outcome
                    if isinstance(error, IbkrSyncError) and self._is_transient(error, tried):
                        failed[query] = error
                    else:
                        concluded.add(query)
                        yield query, outcome
            except GatewayError as error:
                ended = error
            due = [query for query in due if query not in concluded]
            reasons = [*failed.values(), *([ended] if ended else [])]
            if ended is None and not failed:
                return
            if not all(self._is_transient(reason, tried) for reason in reasons) or not self._wait(
                reasons, tried
            ):
                yield from failed.items()
                if ended is not None:
                    raise ended
                return

    def _round(self, due: Iterable[FutureQuery]) -> Iterator[tuple[FutureQuery, Acquired[F]]]:
        """Ask for each product once."""
        doubts: dict[FutureQuery, KnownButDoubted] = {}
        dialogues = ((query, self._dialogues.about(query)) for query in due)
        for query, outcome in self._questioner.hold(dialogues):
            if isinstance(outcome, KnownButDoubted):
                doubts[query] = outcome
                continue
            if isinstance(outcome, AcquiredFuture):
                self._known.note_answered(outcome.product)
            yield query, outcome
        if doubts:
            yield from self._judge(doubts)

    def _judge(
        self, doubts: dict[FutureQuery, KnownButDoubted]
    ) -> Iterator[tuple[FutureQuery, Acquired[F]]]:
        """Believe that IBKR does not know what is stored, or blame IBKR."""
        probe = self._answering_probe(doubts.values())
        judged = dict(doubts)
        if probe is not None and any(doubt.rest for doubt in doubts.values()):
            for query, outcome in self._questioner.hold(self._confirmations(doubts)):
                if isinstance(outcome, KnownButDoubted):
                    judged[query] = outcome
                else:
                    del judged[query]
                    yield query, outcome
            probe = self._answering_probe(judged.values())
        for query, doubt in judged.items():
            if probe is None:
                yield query, self._unavailable("error 200 for all that is asked for")
            elif doubt.disturbances != self._gateway.disturbances:
                yield query, self._unavailable("error 200 around a break of the line to IBKR")
            else:
                yield query, _believed(doubt, probe)

    def _confirmations(
        self, doubts: dict[FutureQuery, KnownButDoubted]
    ) -> Iterator[tuple[FutureQuery, Dialogue[AcquiredFuture[F] | KnownButDoubted]]]:
        for query, doubt in doubts.items():
            if doubt.rest:
                yield query, self._dialogues.about_rest(query, doubt)

    def _unavailable(self, detail: str) -> DefinitionsUnavailableError:
        parameters = self._gateway.parameters
        return DefinitionsUnavailableError(parameters.host, parameters.port, detail)

    def _answering_probe(self, doubts: Iterable[KnownButDoubted]) -> KnownProbe | None:
        """A product that IBKR does answer for, None if it answers for none of those asked."""
        for probe in self._known.probes(doubt.product for doubt in doubts):
            if self._questioner.hold_one(_is_answered(probe)) is True:
                return probe
        return None

    def _is_transient(self, error: IbkrSyncError, tried: int) -> bool:
        return self._retry_policy.is_worth_another_try(error, tried=tried)

    def _wait(self, reasons: Sequence[IbkrSyncError], tried: int) -> bool:
        """Wait until it is worth asking again; False when there is no time for that."""
        left = self._questioner.left
        seconds = self._retry_policy.pause(tried=tried, left=left, jitter=self._jitter())
        if self._gateway.outage is not None and left > 0:
            _log.warning("%s; waiting for IBKR", _sentence(reasons))
            self._gateway.await_upstream(
                left if self._retry_policy.tries is None else seconds or 0.0
            )
            return self._questioner.left > 0
        if any(isinstance(reason, ReplyTimeoutError) for reason in reasons):
            self._gateway.close()  # a line that says nothing may be dead
        if seconds is None:
            return False
        _log.warning("%s; asking again in %.0f s", _sentence(reasons), seconds)
        self._pause(seconds)
        return True


def _believed(doubt: KnownButDoubted, probe: KnownProbe) -> AbsentFuture | IbkrSyncError:
    """What it comes to that IBKR knows no longer what is stored."""
    detail = f"IBKR no longer knows it ({doubt.error.detail}), while it still answers for"
    error = ProductNotFoundError(doubt.error.symbol, PLACE, f"{detail} {probe.name}")
    if not doubt.is_of_product:
        return error
    return AbsentFuture(key=doubt.product, gone=doubt.gone, error=error)


def _sentence(reasons: Sequence[IbkrSyncError]) -> str:
    others = f" (one of {len(reasons)} failures)" if len(reasons) > 1 else ""
    return f"{reasons[-1]}{others}"


def _is_answered(probe: KnownProbe) -> Dialogue[bool]:
    reply = yield probe.request
    return bool(reply.rows)
