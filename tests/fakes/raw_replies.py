"""Raw replies in a dictionary, and a reader that knows what they say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime

from fakes.clock import FakeClock
from ibkr_sync.domain.entities.futures import Future, Origin, ProductKey
from ibkr_sync.domain.errors import AlreadyRunningError, RawReplyError
from ibkr_sync.domain.evidence.acquired_future import Evidence
from ibkr_sync.domain.evidence.product_update import ProductUpdate
from ibkr_sync.domain.evidence.renormalisation import plan_renormalisation
from ibkr_sync.domain.hours.hours_by_day import DayHours
from ibkr_sync.domain.ports.raw_replies import (
    KeptReplies,
    KeptReply,
    RawReplyPort,
    RawReplyReader,
    RawReplyUsage,
)
from ibkr_sync.domain.runs.future_update import FutureFailure
from ibkr_sync.domain.runs.run_kind import RunKind
from ibkr_sync.domain.runs.sync_policy import SyncRun


class InMemoryRawReplies(RawReplyPort):
    """Keeps what the local repository keeps; its attributes are what a test may look at.

    Attributes:
        stored: the products, by key.
        replies: the raw replies of each, oldest first.
        hours: what is kept of the hours of each, by day.
        failures: what was recorded of runs.
        kept_by: the product and the place of the reply that each run kept.
        is_running: whether a run is open.
    """

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.stored: dict[ProductKey, Future] = {}
        self.replies: dict[ProductKey, list[Evidence]] = {}
        self.failures: list[FutureFailure] = []
        self.hours: dict[ProductKey, dict[date, DayHours]] = {}
        self.kept_by: dict[int, tuple[ProductKey, int]] = {}
        self.runs = 0
        self.is_running = False

    def products(self) -> tuple[ProductKey, ...]:
        kept = (key for key, replies in self.replies.items() if replies)
        return tuple(sorted(key for key in kept if self._is_from_reply(key)))

    def kept(self, key: ProductKey) -> KeptReplies:
        if key not in self.stored:
            raise RawReplyError(key, "the product is not stored")
        if not self.replies.get(key):
            raise RawReplyError(key, "none is kept")
        if not self._is_from_reply(key):
            raise RawReplyError(key, "what is stored came from a file since")
        return KeptReplies(
            product=self.stored[key],
            hours=dict(self.hours.get(key, {})),
            replies=tuple(
                KeptReply(number=number, received_at=reply.received_at)
                for number, reply in enumerate(self.replies[key])
            ),
        )

    def evidence(self, key: ProductKey, reply: KeptReply) -> Evidence:
        return self.replies[key][reply.number]

    def of_run(self, run_id: int) -> tuple[tuple[ProductKey, KeptReply], ...]:
        if run_id not in self.kept_by:
            return ()
        key, number = self.kept_by[run_id]
        received_at = self.replies[key][number].received_at
        return ((key, KeptReply(number=number, received_at=received_at)),)

    @contextmanager
    def run(self) -> Iterator[SyncRun]:
        with self._locked():
            self.runs += 1
            yield SyncRun(
                run_id=self.runs,
                origin=Origin.IBKR,
                started_at=self._clock(),
                kind=RunKind.RENORMALISE,
            )

    def rewrite(
        self, key: ProductKey, reread: Future, hours: Mapping[date, DayHours], run: SyncRun
    ) -> ProductUpdate[Future]:
        assert self.is_running, run
        update = plan_renormalisation(self.stored[key], reread, self._clock())
        self.stored[key] = update.product
        self.hours.setdefault(key, {}).update(hours)
        return update

    def record_failure(self, failure: FutureFailure, run: SyncRun) -> None:
        assert self.is_running, run
        self.failures.append(failure)

    def usage(self) -> RawReplyUsage:
        return _usage(self.replies)

    def prunable(self, before: datetime) -> RawReplyUsage:
        return _usage(
            {
                key: [reply for reply in replies[:-1] if reply.received_at < before]
                for key, replies in self.replies.items()
            }
        )

    def prune(self, before: datetime) -> RawReplyUsage:
        with self._locked():
            deleted = self.prunable(before)
            for key, replies in self.replies.items():
                young = [reply for reply in replies[:-1] if reply.received_at >= before]
                self.replies[key] = [*young, *replies[-1:]]
            return deleted

    def database_size(self) -> int:
        return self.usage().size

    def compact(self) -> None:
        """There is nothing to compact."""

    def _is_from_reply(self, key: ProductKey) -> bool:
        return self.stored[key].origin in (Origin.IBKR, Origin.SAMPLE)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        if self.is_running:
            raise AlreadyRunningError("memory")
        self.is_running = True
        try:
            yield
        finally:
            self.is_running = False


class FakeReader(RawReplyReader):
    """Reads a product of its own by the first frame of a reply."""

    def __init__(self, products: Mapping[bytes, Future]) -> None:
        self._products = products

    def read(self, stored: Future, evidence: Evidence, known: Future | None) -> Future:
        del known
        try:
            return self._products[evidence.frames[0]]
        except KeyError:
            raise RawReplyError(stored.key, "it can't be read any more") from None


def _usage(replies: Mapping[ProductKey, list[Evidence]]) -> RawReplyUsage:
    every = [evidence for kept in replies.values() for evidence in kept]
    return RawReplyUsage(
        replies=len(every),
        products=sum(1 for kept in replies.values() if kept),
        size=sum(len(frame) for evidence in every for frame in evidence.frames),
        oldest=min((evidence.received_at for evidence in every), default=None),
    )
