"""All that is recorded of one product."""

from __future__ import annotations

from sqlalchemy import func, select, union
from sqlalchemy.engine import Connection

from ibkr_sync.domain.canonical_text import (
    TRACKED_OF_CONTRACT,
    TRACKED_OF_PRODUCT,
    parse_canonical_text,
)
from ibkr_sync.domain.history.recorded_history import (
    ProductHistory,
    RecordedChange,
    RecordedReply,
    RecordedRun,
)
from ibkr_sync.domain.runs.run_kind import RunKind
from ibkr_sync.infrastructure.repositories.local_repo.database.snapshot import loaded_in
from ibkr_sync.infrastructure.repositories.local_repo.history.recorded_changes import (
    read_changes,
    select_changes,
)
from ibkr_sync.infrastructure.repositories.local_repo.products import reads
from ibkr_sync.infrastructure.repositories.local_repo.products.ladders import recorded_ladders
from ibkr_sync.infrastructure.repositories.local_repo.runs.outcomes import APPLIED
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import (
    field_changes,
    products,
    run_products,
    sync_runs,
)


def read_product_history(
    connection: Connection, found: reads.StoredProduct, place: str
) -> ProductHistory:
    """All that is recorded of the product, and of the contracts that ever were its own."""
    own_id = found.product_id
    row = field_changes.c
    of_product = select(row.id).where(row.product_id == own_id)
    ever_own = select(row.con_id).where(row.product_id == own_id, row.con_id.is_not(None))
    of_contracts = select(row.id).where(row.con_id.in_(ever_own))
    # Each of the two is found by its index, which an OR of them would not be.
    changes = select_changes(row.id.in_(union(of_product, of_contracts))).order_by(row.id)
    recorded = read_changes(connection, changes)
    for change in recorded:
        _refuse_unreadable(change)
    ever = {change.con_id for change in recorded if change.con_id is not None}
    gone = ever - {other.con_id for other in found.product.contracts}
    moved = [
        contract
        for owner in reads.read_owners(connection, gone, place)
        for contract in owner.product.contracts
        if contract.con_id in gone
    ]
    own = products.c.id == own_id
    first_seen_at = connection.execute(select(products.c.first_seen_at).where(own)).scalar_one()
    return ProductHistory(
        product=found.product,
        contracts=(*found.product.contracts, *moved),
        changes=recorded,
        replies=_replies(connection, own_id),
        runs=_runs(connection),
        ladders=recorded_ladders(connection, first_seen_at, [own]),
        first_seen_at=first_seen_at,
    )


def _refuse_unreadable(change: RecordedChange) -> None:
    """Raise ValueError for text that no value of the field has."""
    of_contract = change.con_id is not None
    if change.field in (TRACKED_OF_CONTRACT if of_contract else TRACKED_OF_PRODUCT):
        parse_canonical_text(change.field, change.old, of_contract=of_contract)


def _replies(connection: Connection, product_id: int) -> tuple[RecordedReply, ...]:
    """Its complete replies; one that was read again is none."""
    statement = (
        select(
            run_products.c.run_id.label("run"),
            run_products.c.at,
            func.coalesce(run_products.c.given_at, run_products.c.at).label("given_at"),
        )
        .join(sync_runs)
        .where(run_products.c.product_id == product_id)
        .where(run_products.c.outcome.in_(APPLIED))
        .where(sync_runs.c.kind != RunKind.RENORMALISE)
        .order_by(run_products.c.id)
    )
    return tuple(
        RecordedReply(run=run, at=at, given_at=given_at)
        for run, at, given_at in connection.execute(statement)
    )


def _runs(connection: Connection) -> tuple[RecordedRun, ...]:
    """All runs; the products of one answer share them."""
    runs = loaded_in(connection, RecordedRun)
    if not runs:
        statement = select(sync_runs.c.id, sync_runs.c.started_at).order_by(sync_runs.c.id)
        for run, at in connection.execute(statement):
            runs[run] = RecordedRun(run=run, started_at=at)
    return tuple(runs.values())
