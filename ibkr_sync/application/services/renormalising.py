"""Rewriting the present from the replies it came from, by what is known today."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime

from ibkr_sync.domain.entities.futures import Future, ProductKey
from ibkr_sync.domain.errors import ReplyError
from ibkr_sync.domain.evidence.product_update import ProductUpdate
from ibkr_sync.domain.evidence.renormalisation import Renormalised, plan_renormalisation
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
        """Read the newest raw reply of each product again, in one recorded run.

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
                    update = self._reread(key, run, now)
                except ReplyError as error:
                    yield self._fail(key, error, run)
                    continue
                yield Renormalised(update=update, applied=run is not None)

    def _reread(self, key: ProductKey, run: SyncRun | None, now: datetime) -> ProductUpdate[Future]:
        stored, evidence = self._replies.newest(key)
        reread = self._reader.read(stored, evidence)
        if run is None:
            return plan_renormalisation(stored, reread, now)
        return self._replies.rewrite(key, reread, run)

    def _fail(self, key: ProductKey, error: ReplyError, run: SyncRun | None) -> FutureFailure:
        query = FutureQuery(
            symbol=key.symbol, exchange=key.exchange, trading_class=key.trading_class
        )
        failure = FutureFailure(query=query, error=error)
        if run is not None:
            self._replies.record_failure(failure, run)
        return failure
