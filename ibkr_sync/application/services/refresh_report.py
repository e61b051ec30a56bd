"""What a run that keeps products up to date came to, without the chains themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ibkr_sync.application.services.product_sync import SyncReport
from ibkr_sync.domain.entities.contracts import ContractSeries
from ibkr_sync.domain.entities.futures import Future, Origin, ProductKey
from ibkr_sync.domain.entities.product_summary import ProductSummary
from ibkr_sync.domain.errors import AmbiguousProductError, GatewayError, ProductNotFoundError
from ibkr_sync.domain.history.events import EventType
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.runs.contract_counts import ContractCounts, counts_of
from ibkr_sync.domain.runs.future_update import FutureFailure, FutureUpdate, UnreadFuture
from ibkr_sync.domain.runs.outcome_words import outcome_word
from ibkr_sync.domain.selection.series_choice import listed_beside, listed_count


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshedProduct:
    """A product that is up to date, without its chain: there may be thousands of products.

    Attributes:
        outcome: the word for what was done with it.
        listed: how many contracts of the usual series trade.
        listed_beside: how many of other series trade, by series.
        counts: how many contracts were added, changed and so on; None where the source was not
            asked.
        disagreements: in how many values the catalogue differs.
        left_out: why contracts of the reply could not be stored (see `FutureUpdate`).
        is_recognised: whether nothing but hours was looked at.
    """

    query: FutureQuery
    key: ProductKey
    origin: Origin
    synced_at: datetime | None
    outcome: str
    listed: int
    counts: ContractCounts | None
    applied: bool
    remarks: tuple[str, ...]
    disagreements: int = 0
    left_out: tuple[str, ...] = ()
    listed_beside: Mapping[ContractSeries, int] = field(default_factory=dict)
    is_recognised: bool = False


RefreshOutcome = RefreshedProduct | FutureFailure


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshReport(SyncReport[RefreshedProduct]):
    """What a refresh came to.

    Attributes:
        before: the products as they were stored before it.
        watched: what the watchlist asks for every night, by today's names.
        closed: the products that it left out because their source no longer knows them.
        started_at: UTC instant.
        finished_at: UTC instant; before `started_at` if the clock was set back meanwhile.
        took: how long its run took as it was recorded; where nothing was, or the clock was set back
            meanwhile, how long it was at work.
        ended_by: how the gateway failed for good; then what was still due failed with it.
    """

    before: Mapping[ProductKey, ProductSummary]
    watched: frozenset[FutureQuery] = frozenset()
    closed: tuple[ProductSummary, ...] = ()
    started_at: datetime
    finished_at: datetime
    took: timedelta
    ended_by: GatewayError | None = None

    @property
    def has_answers(self) -> bool:
        """Whether the source answered for any product."""
        return any(update.counts is not None for update in self.updates)

    @property
    def has_success(self) -> bool:
        """Whether any product is up to date.

        What is fresh without asking counts, unless the gateway or IBKR itself was away: then no
        due product could be asked for.
        """
        nothing_asked = all(isinstance(failure.error, GatewayError) for failure in self.failures)
        return self.has_answers or bool(self.updates and not nothing_asked)

    @property
    def left_unwatched(self) -> tuple[ProductKey, ...]:
        """Products that took contracts of watched ones, and that no entry keeps up to date."""
        moves = [event for event in self.events if event.type is EventType.MOVED]
        left = {event.old for event in moves}
        watched = {str(key) for key in self.before if str(key) in left and self._is_watched(key)}
        takers = {event.product for event in moves if event.old in watched}
        return tuple(sorted(key for key in takers if not self._is_watched(key)))

    def _is_watched(self, key: ProductKey) -> bool:
        return any(query.may_mean(key) for query in self.watched)

    def stored_before(self, failure: FutureFailure) -> ProductSummary | None:
        """The product as it was stored before the run, also if it has another name today."""
        if isinstance(failure.error, AmbiguousProductError):
            return None
        matching = [value for key, value in self.before.items() if failure.query.may_mean(key)]
        return matching[0] if len(matching) == 1 else None

    def is_given_up(self, failure: FutureFailure) -> bool:
        """Whether a source gave up a stored product that every night asks for.

        That a file lacks a product says nothing about it.
        """
        error, stored = failure.error, self.stored_before(failure)
        if not isinstance(error, ProductNotFoundError) or error.asked in {None, Origin.FILE}:
            return False
        if stored is None:
            return False
        return not self.watched or any(query.covers(stored) for query in self.watched)


def refreshed_product(
    update: FutureUpdate[Future], before: Mapping[ProductKey, ProductSummary], now: datetime
) -> RefreshedProduct:
    """What the summary says of an update; `now` is a UTC instant.

    Of a product that nobody has read the contracts are as they were stored `before` the refresh.
    """
    stored, diff = update.stored, update.diff
    listed: int
    beside: Mapping[ContractSeries, int]
    if isinstance(stored, UnreadFuture) and stored.key in before:
        listed, beside = before[stored.key].listed, before[stored.key].listed_beside
    else:
        product = update.product
        listed, beside = listed_count(product, now), listed_beside(product, now)
    return RefreshedProduct(
        query=update.query,
        key=stored.key,
        origin=stored.origin,
        synced_at=stored.synced_at,
        outcome=outcome_word(update),
        listed=listed,
        listed_beside=beside,
        counts=None if diff is None else counts_of(diff),
        applied=update.applied,
        remarks=update.remarks,
        disagreements=update.disagreements,
        left_out=update.left_out,
        is_recognised=update.is_recognised,
    )
