"""What a complete reply will make of the stored rows: read and planned, written elsewhere."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from sqlalchemy.engine import Connection

from ibkr_sync.domain.chain_diff import FieldChange
from ibkr_sync.domain.entities.futures import Future, Origin, ProductKey
from ibkr_sync.domain.errors import SampleDataError
from ibkr_sync.domain.product_update import ProductUpdate, plan_update
from ibkr_sync.infrastructure.repositories.local_repo import reads
from ibkr_sync.infrastructure.repositories.local_repo.mapping import ProductRows, to_rows
from ibkr_sync.infrastructure.repositories.local_repo.writes import StoredState

F = TypeVar("F", bound=Future)

PRODUCT = "product"
"""The field under which history keeps that a contract moved from one product to another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoragePlan(Generic[F]):
    """An update of a product with its rows, and what was stored before."""

    update: ProductUpdate[F]
    rows: ProductRows
    before: StoredState


def plan_storage(
    connection: Connection, received: F, now: datetime, place: str, *, allow_shrink: bool
) -> StoragePlan[F]:
    """Plan how a product is stored that is complete as received, and write nothing.

    Raises ShrinkRefusedError, SampleDataError, InvalidReplyError, or StorageError that names
    `place` for stored rows that hold what no entity can.
    """
    _refuse_sample_mix(connection, received)
    found = reads.find_by_key(connection, received.key, place)
    stored = found.product if found else None
    own = {each.con_id for each in stored.contracts} if stored else set()
    unknown = {each.con_id for each in received.contracts} - own
    moved = reads.find_contracts(connection, unknown, place)
    if moved:
        base = stored or dataclasses.replace(received, contracts=())
        chain = base.contracts + tuple(each.contract for each in moved)
        stored = dataclasses.replace(base, contracts=chain)
    planned = plan_update(stored, received, now, allow_shrink=allow_shrink)
    return StoragePlan(
        update=_with_moves(planned, moved, received.key),
        rows=to_rows(planned.product),
        before=StoredState(
            product_id=found.product_id if found else None,
            chain={each.con_id: each for each in stored.contracts} if stored else {},
            moved=frozenset(each.contract.con_id for each in moved),
        ),
    )


def _with_moves(
    planned: ProductUpdate[F], moved: Iterable[reads.OwnedContract], to: ProductKey
) -> ProductUpdate[F]:
    """The update with contracts that left another product told among its changes."""
    moves = tuple(
        FieldChange(con_id=each.contract.con_id, field=PRODUCT, old=str(each.owner), new=str(to))
        for each in moved
    )
    diff = dataclasses.replace(planned.diff, changes=planned.diff.changes + moves)
    return dataclasses.replace(planned, diff=diff, history=planned.history + moves)


def _refuse_sample_mix(connection: Connection, received: Future) -> None:
    """Raise SampleDataError when any product in the database is of the other sort."""
    if received.origin is Origin.CATALOGUE:
        return
    real = {origin for origin in Origin if origin.is_real}
    others = real if received.origin is Origin.SAMPLE else {Origin.SAMPLE}
    if reads.holds_origin(connection, others):
        raise SampleDataError(received.key)
