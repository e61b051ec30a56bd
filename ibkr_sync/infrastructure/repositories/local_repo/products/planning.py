"""What a complete reply will make of the stored rows: read and planned, written elsewhere."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from sqlalchemy.engine import Connection

from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import Future, Origin, ProductKey
from ibkr_sync.domain.errors import SampleDataError
from ibkr_sync.domain.evidence.chain_diff import FieldChange
from ibkr_sync.domain.evidence.product_update import PRODUCT, ProductUpdate, plan_update
from ibkr_sync.domain.naming.renaming import renamed_product
from ibkr_sync.infrastructure.repositories.local_repo.products import reads
from ibkr_sync.infrastructure.repositories.local_repo.products.mapping import ProductRows, to_rows
from ibkr_sync.infrastructure.repositories.local_repo.products.writes import StoredState

F = TypeVar("F", bound=Future)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoragePlan(Generic[F]):
    """An update of a product with its rows, and what was stored before."""

    update: ProductUpdate[F]
    rows: ProductRows
    before: StoredState

    @property
    def is_new(self) -> bool:
        """Whether the product is not stored yet, under any name."""
        return self.before.product_id is None


def plan_storage(
    connection: Connection, received: F, now: datetime, place: str, *, allow_shrink: bool
) -> StoragePlan[F]:
    """Plan how a product is stored that is complete as received, and write nothing.

    Raises ShrinkRefusedError, SampleDataError, InvalidReplyError, or StorageError that names
    `place` for stored rows that hold what no entity can.
    """
    _refuse_sample_mix(connection, received)
    found = reads.find_by_key(connection, received.key, place)
    own = {each.con_id for each in found.product.contracts} if found else set()
    con_ids = {each.con_id for each in received.contracts}
    owners = reads.find_owners(connection, con_ids - own, place)
    stub = found if found is not None and found.product.is_stub else None
    is_free = found is None or found is stub  # no product of a source has the name yet
    renamed = _renamed(received, owners, now) if is_free else None
    found = renamed or found
    stored = found.product if found else None
    moved = _contracts_of(owners, found, con_ids - own)
    if moved:
        base = stored or dataclasses.replace(received, contracts=())
        chain = base.contracts + tuple(moved)
        stored = dataclasses.replace(base, contracts=chain)
    planned = plan_update(stored, received, now, allow_shrink=allow_shrink)
    before = StoredState(
        product_id=found.product_id if found else None,
        chain={each.con_id: each for each in stored.contracts} if stored else {},
        moved=frozenset(each.con_id for each in moved),
        former=renamed.product.key if renamed else None,
        stub_id=stub.product_id if stub and renamed else None,
    )
    return StoragePlan(
        update=_with_moves(planned, moved, received.key),
        rows=to_rows(planned.product, _to_write(planned, before)),
        before=before,
    )


def _to_write(planned: ProductUpdate[F], before: StoredState) -> frozenset[int]:
    """The contracts of which more is written than when they were last seen."""
    diff = planned.diff
    changed = (*diff.added, *diff.updated, *diff.returned, *diff.missing, *diff.delisted)
    rescheduled = (
        each
        for each in planned.product.contracts
        if each.con_id in before.chain and each.schedule != before.chain[each.con_id].schedule
    )
    return before.moved | {each.con_id for each in (*changed, *rescheduled)}


def _renamed(
    received: Future, owners: Iterable[reads.StoredProduct], now: datetime
) -> reads.StoredProduct | None:
    by_key = {each.product.key: each for each in owners}
    product = renamed_product(received, (each.product for each in owners), now)
    return by_key[product.key] if product else None


def _contracts_of(
    owners: Iterable[reads.StoredProduct], but: reads.StoredProduct | None, con_ids: set[int]
) -> dict[FuturesContract, ProductKey]:
    """The received contracts that are stored under other products, each with that product."""
    return {
        contract: owner.product.key
        for owner in owners
        if but is None or owner.product_id != but.product_id
        for contract in owner.product.contracts
        if contract.con_id in con_ids
    }


def _with_moves(
    planned: ProductUpdate[F], moved: Mapping[FuturesContract, ProductKey], to: ProductKey
) -> ProductUpdate[F]:
    """The update with contracts that left another product told among its changes."""
    moves = tuple(
        FieldChange(con_id=contract.con_id, field=PRODUCT, old=str(owner), new=str(to))
        for contract, owner in moved.items()
    )
    diff = dataclasses.replace(planned.diff, changes=planned.diff.changes + moves)
    return dataclasses.replace(planned, diff=diff, history=planned.history + moves)


def _refuse_sample_mix(connection: Connection, received: Future) -> None:
    """Raise SampleDataError when any product in the database is of the other sort."""
    if received.origin is Origin.CATALOGUE:
        return
    is_sample = received.origin is Origin.SAMPLE
    if reads.holds_real_data(connection) if is_sample else reads.holds_sample_data(connection):
        raise SampleDataError(received.key)
