"""Rewriting the present from the replies it came from, by the rules of today."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime

from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import Future, ProductKey
from ibkr_sync.domain.errors import RawReplyError, ReplyError
from ibkr_sync.domain.evidence.renormalisation import (
    Renormalised,
    plan_renormalisation,
    product_after_reply,
)
from ibkr_sync.domain.hours.hours_by_day import days_of_new_hours, newly_said_days
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.ports.raw_replies import RawReplyPort, RawReplyReader
from ibkr_sync.domain.runs.future_update import FutureFailure
from ibkr_sync.domain.runs.sync_policy import SyncRun

_log = logging.getLogger(__name__)


class RenormalisingService:
    """Reads kept replies again, without any source."""

    def __init__(self, replies: RawReplyPort, reader: RawReplyReader) -> None:
        self._replies = replies
        self._reader = reader

    def products(self) -> tuple[ProductKey, ...]:
        """Give the products whose present came from a raw reply that is kept, by key."""
        return self._replies.products()

    def renormalise(
        self,
        keys: Iterable[ProductKey],
        now: datetime,
        *,
        dry_run: bool = False,
        on_run: Callable[[SyncRun], object] | None = None,
    ) -> Iterator[Renormalised | FutureFailure]:
        """Read the raw replies of each product again, oldest first, in one recorded run.

        Yields an outcome per product as it is ready; a dry run writes and records nothing.
        `now` is an aware instant, `on_run` is called once when a run was opened. Raises
        AlreadyRunningError or StorageError.
        """
        wanted = tuple(dict.fromkeys(keys))
        if not wanted:
            return
        opened: AbstractContextManager[SyncRun | None] = (
            nullcontext() if dry_run else self._replies.run()
        )
        with opened as run:
            if run is not None:
                if on_run is not None:
                    on_run(run)
                _log.info("run %d started: %s from %s", run.run_id, run.kind, run.origin)
            for key in wanted:
                try:
                    outcome = self._reread(key, run, now)
                except ReplyError as error:
                    yield self._fail(key, error, run)
                    continue
                yield outcome

    def _reread(self, key: ProductKey, run: SyncRun | None, now: datetime) -> Renormalised:
        """Read what is kept of a product; its newest reply must be among what can be read.

        A reply that is gone, or can't be read, may have said anything: only what replies after
        it state is believed, of hours by day too.
        """
        kept = self._replies.kept(key)
        newest = kept.replies[-1]
        gaps, unreadable = 0, 0
        product: Future | None = None
        is_sure, hours = True, dict(kept.hours)
        for reply in kept.replies:
            if reply.follows_gap:
                gaps, is_sure, product, hours = gaps + 1, False, None, dict(kept.hours)
            try:
                evidence = self._replies.evidence(key, reply)
                known = product if is_sure or product else kept.product
                received = self._reader.read(kept.product, evidence, known)
            except RawReplyError:
                if reply is newest:
                    raise
                unreadable, is_sure, product = unreadable + 1, False, None
                hours = dict(kept.hours)
            else:
                after = product_after_reply(product, received, reply.received_at)
                days = days_of_new_hours(after, _chain(product), reply.received_at)
                hours |= newly_said_days(days, hours)
                product = after
        if product is None:
            raise RawReplyError(key, "none can be read")
        hours = {day: other for day, other in hours.items() if other != kept.hours.get(day)}
        if run is None:
            update = plan_renormalisation(kept.product, product, now)
        else:
            update = self._replies.rewrite(key, product, hours, run)
        left = []
        if gaps:
            reason = "some replies are no longer kept, or are another product's"
            left.append(f"before {newest.received_at:%Y-%m-%d} {reason}")
        if unreadable:
            left.append(f"{unreadable} of {len(kept.replies)} replies can't be read")
        return Renormalised(
            update=update, applied=run is not None, left=tuple(left), days=len(hours)
        )

    def _fail(self, key: ProductKey, error: ReplyError, run: SyncRun | None) -> FutureFailure:
        query = FutureQuery(
            symbol=key.symbol, exchange=key.exchange, trading_class=key.trading_class
        )
        failure = FutureFailure(query=query, error=error)
        if run is not None:
            self._replies.record_failure(failure, run)
        return failure


def _chain(product: Future | None) -> dict[int, FuturesContract]:
    return {contract.con_id: contract for contract in product.contracts} if product else {}
