"""What a run that keeps products up to date came to, without the chains themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ibkr_sync.application.services.product_sync import SyncReport
from ibkr_sync.domain.entities.contracts import ContractState
from ibkr_sync.domain.entities.futures import Future, Origin, ProductKey
from ibkr_sync.domain.entities.product_summary import ProductSummary
from ibkr_sync.domain.errors import AmbiguousProductError, GatewayError, ProductNotFoundError
from ibkr_sync.domain.evidence.chain_diff import ChainDiff
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.runs.future_update import FutureFailure, FutureUpdate
from ibkr_sync.domain.runs.outcome_words import outcome_word
from ibkr_sync.domain.selection.series_choice import usual_series


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshedProduct:
    """A product that is up to date, without its chain: there may be thousands of products.

    Attributes:
        outcome: the word for what was done with it.
        listed: how many contracts of the usual series trade.
        expired: how many have stopped trading since it was synced before.
        counts: how many contracts were added, changed and so on; None where the source was not
            asked.
        disagreements: in how many values the catalogue differs.
        left_out: contracts of the reply that could not be stored (see `FutureUpdate`).
    """

    query: FutureQuery
    key: ProductKey
    origin: Origin
    synced_at: datetime | None
    outcome: str
    listed: int
    expired: int
    counts: Mapping[str, int] | None
    applied: bool
    remarks: tuple[str, ...]
    disagreements: int = 0
    left_out: tuple[str, ...] = ()


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
        took: how long it was at work, whatever the clock was set to meanwhile.
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
        return any(each.counts is not None for each in self.updates)

    @property
    def has_success(self) -> bool:
        """Whether any product is up to date.

        What is fresh without asking counts, unless the gateway or IBKR itself was away: then no
        due product could be asked for.
        """
        nothing_asked = all(isinstance(each.error, GatewayError) for each in self.failures)
        return self.has_answers or bool(self.updates and not nothing_asked)

    def stored_before(self, failure: FutureFailure) -> ProductSummary | None:
        """The product as it was stored before the run, also if it has another name today."""
        if isinstance(failure.error, AmbiguousProductError):
            return None
        meant = [each for key, each in self.before.items() if failure.query.may_mean(key)]
        return meant[0] if len(meant) == 1 else None

    def is_given_up(self, failure: FutureFailure) -> bool:
        """Whether a source gave up a stored product that every night asks for.

        That a file lacks a product says nothing about it.
        """
        error, stored = failure.error, self.stored_before(failure)
        if not isinstance(error, ProductNotFoundError) or error.asked in {None, Origin.FILE}:
            return False
        if stored is None:
            return False
        return not self.watched or any(each.covers(stored) for each in self.watched)


def refreshed_product(
    update: FutureUpdate[Future], before: Mapping[ProductKey, ProductSummary], now: datetime
) -> RefreshedProduct:
    """What the summary tells of an update, given what was stored before; `now` is a UTC instant."""
    product, diff = update.product, update.diff
    active = [each for each in product.contracts if each.state(now) is ContractState.ACTIVE]
    usual = usual_series(active)
    return RefreshedProduct(
        query=update.query,
        key=product.key,
        origin=product.origin,
        synced_at=product.synced_at,
        outcome=outcome_word(update),
        listed=sum(each.series in usual for each in active),
        expired=_newly_expired(product, before.get(_key_before(update)), now),
        counts=None if diff is None else _counts(diff),
        applied=update.applied,
        remarks=update.remarks,
        disagreements=update.disagreements,
        left_out=update.left_out,
    )


def _key_before(update: FutureUpdate[Future]) -> ProductKey:
    """The name under which the product was stored, which is its own unless it was renamed."""
    changes = update.diff.changes if update.diff else ()
    own = {each.field: each.old for each in changes if each.con_id is None}
    return ProductKey(
        *(own.get(field) or name for field, name in update.product.key._asdict().items())
    )


def _counts(diff: ChainDiff) -> dict[str, int]:
    return {
        "added": len(diff.added),
        "changed": diff.changed,
        "returned": len(diff.returned),
        "missing": len(diff.missing),
        "delisted": len(diff.delisted),
        "unchanged": diff.unchanged,
    }


def _newly_expired(product: Future, stored: ProductSummary | None, now: datetime) -> int:
    """How many contracts have stopped trading since the product was synced before."""
    if stored is None or stored.synced_at is None:
        return 0
    expired = (each for each in product.contracts if each.is_expired(now))
    return sum(not each.is_expired(stored.synced_at) for each in expired)
