"""What a complete reply will make of the stored rows: read and planned, written elsewhere."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from sqlalchemy.engine import Connection

from ibkr_sync.domain.entities.futures import Future, Origin, ProductKey
from ibkr_sync.domain.errors import SampleDataError
from ibkr_sync.domain.evidence.acquired_future import AbsentFuture, AcquiredFuture
from ibkr_sync.domain.evidence.acquisition_plan import ProductPlan, StoredForPlan, plan_acquired
from ibkr_sync.domain.evidence.product_absence import plan_product_absence
from ibkr_sync.domain.evidence.product_update import ProductUpdate
from ibkr_sync.infrastructure.repositories.local_repo.products import reads
from ibkr_sync.infrastructure.repositories.local_repo.products.mapping import (
    ProductRows,
    map_to_rows,
)
from ibkr_sync.infrastructure.repositories.local_repo.products.writes import StoredState

F = TypeVar("F", bound=Future)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoragePlan(Generic[F]):
    """An update of a product with its rows, and what was stored before.

    `takers` are updates of products to which contracts of this one move, to be applied first.
    """

    update: ProductUpdate[F]
    rows: ProductRows
    before: StoredState
    takers: tuple[StoragePlan[Future], ...] = ()
    remarks: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def is_new(self) -> bool:
        """Whether the product is not stored yet, under any name."""
        return self.before.product_id is None

    @property
    def is_of_product_alone(self) -> bool:
        """Whether no other product, name or row that can't be stored takes part in it."""
        others = (self.takers, self.before.moved, self.before.former, self.before.stub_id)
        return not any((*others, self.left_out))


def plan_storage(
    connection: Connection,
    acquired: AcquiredFuture[F],
    now: datetime,
    place: str,
    *,
    allow_shrink: bool,
) -> StoragePlan[F]:
    """Plan how an acquired product is stored, and write nothing.

    Raises what `plan_acquired` raises, SampleDataError, or StorageError that names `place` for
    stored rows that hold what no entity can.
    """
    _refuse_sample_mix(connection, acquired.product)
    stored = _StoredRows(connection, place)
    return _with_rows(plan_acquired(acquired, stored, now, allow_shrink=allow_shrink), stored.ids)


def plan_stored_absence(
    connection: Connection, absent: AbsentFuture, now: datetime, place: str
) -> StoragePlan[Future] | None:
    """Plan what an observed absence makes of stored rows; None where the product is not stored."""
    stored = _StoredRows(connection, place)
    before = stored.find(absent.key)
    if before is None or before.key != absent.key:
        return None
    update = plan_product_absence(before, absent.gone, now)
    chain = {contract.con_id: contract for contract in before.contracts}
    plan = ProductPlan(update=update, before=before, chain=chain, moved_in=frozenset())
    return _with_rows(plan, stored.ids)


class _StoredRows(StoredForPlan):
    """Reads stored products, and remembers the ids of their rows."""

    def __init__(self, connection: Connection, place: str) -> None:
        self._connection = connection
        self._place = place
        self.ids: dict[ProductKey, int] = {}

    def find(self, key: ProductKey) -> Future | None:
        found = reads.read_by_key(self._connection, key, self._place)
        return None if found is None else self._product(found)

    def owners_of(self, con_ids: Collection[int]) -> tuple[Future, ...]:
        found = reads.read_owners(self._connection, con_ids, self._place)
        return tuple(map(self._product, found))

    def _product(self, found: reads.StoredProduct) -> Future:
        self.ids[found.product.key] = found.product_id
        return found.product


def _with_rows(plan: ProductPlan[F], ids: dict[ProductKey, int]) -> StoragePlan[F]:
    before = StoredState(
        product_id=ids[plan.before.key] if plan.before else None,
        chain=plan.chain,
        synced_at=plan.before.synced_at if plan.before else None,
        moved=plan.moved_in,
        former=plan.before.key if plan.before and plan.is_renamed else None,
        stub_id=ids[plan.stub.key] if plan.stub else None,
    )
    return StoragePlan(
        update=plan.update,
        rows=map_to_rows(plan.update.product, _to_write(plan.update, before)),
        before=before,
        takers=tuple(_with_rows(taker, ids) for taker in plan.takers),
        remarks=plan.remarks,
        left_out=plan.left_out,
    )


def _to_write(planned: ProductUpdate[F], before: StoredState) -> frozenset[int]:
    """The contracts of which more is written than when they were last seen."""
    diff = planned.diff
    changed = (*diff.added, *diff.updated, *diff.returned, *diff.absent)
    return before.moved | {contract.con_id for contract in changed}


def _refuse_sample_mix(connection: Connection, received: Future) -> None:
    """Raise SampleDataError when any product in the database is of the other sort."""
    if received.origin is Origin.CATALOGUE:
        return
    is_sample = received.origin is Origin.SAMPLE
    if reads.holds_real_data(connection) if is_sample else reads.holds_sample_data(connection):
        raise SampleDataError(received.key)
