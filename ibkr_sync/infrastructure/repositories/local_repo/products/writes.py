"""How a planned update becomes rows; every function works inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Table, bindparam, delete, insert, update
from sqlalchemy.engine import Connection

from ibkr_sync.domain.entities.futures import Future, ProductKey
from ibkr_sync.infrastructure.repositories.local_repo.database.bulk_writes import (
    bulk_insert,
    bulk_update,
)
from ibkr_sync.infrastructure.repositories.local_repo.products.kept_hours import (
    keep_hours_by_day,
)
from ibkr_sync.infrastructure.repositories.local_repo.products.mapping import (
    CONTRACT_COLUMNS,
    LISTING_COLUMNS,
    ProductRows,
    map_to_rows,
    stored_last_seen,
)
from ibkr_sync.infrastructure.repositories.local_repo.products.schedules import (
    write_schedules,
)
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import (
    contracts,
    field_changes,
    former_names,
    products,
    run_products,
)

if TYPE_CHECKING:
    from ibkr_sync.domain.entities.contracts import FuturesContract
    from ibkr_sync.domain.evidence.chain_diff import FieldChange
    from ibkr_sync.domain.evidence.product_update import ProductUpdate
    from ibkr_sync.domain.runs.sync_policy import SyncRun

_PRODUCT = update(products).where(products.c.id == bindparam("product_id"))


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredState:
    """What is stored of a product before an update, and of contracts that move to it.

    `former` is its key when the update gives it another one, `stub_id` the row of the
    catalogue's product that has this other key already.
    """

    product_id: int | None
    chain: dict[int, FuturesContract]
    synced_at: datetime | None = None
    moved: frozenset[int] = frozenset()
    former: ProductKey | None = None
    stub_id: int | None = None


def write_new_product(connection: Connection, product: Future, now: datetime) -> int:
    """Store a new product without its chain, and give the id of its row."""
    row = map_to_rows(product).product | {"first_seen_at": now}
    return _inserted_id(connection, products, row)


def write_update(
    connection: Connection,
    planned: ProductUpdate[Future],
    rows: ProductRows,
    before: StoredState,
    now: datetime,
) -> int:
    """Store the product and its chain as planned, given its rows, and give the id of its row.

    Of contracts that did not change nothing is written, unless the reply lacks them.
    """
    if before.product_id is None:
        row = rows.product | {"first_seen_at": now}
        product_id = _inserted_id(connection, products, row)
    else:
        product_id = before.product_id
        if before.stub_id is not None:
            _absorb_stub(connection, before.stub_id, product_id)
        connection.execute(_PRODUCT, rows.product | {"product_id": product_id})
        if before.former is not None:
            former = before.former._asdict() | {"product_id": product_id, "until": now}
            connection.execute(insert(former_names), former)
    _write_contracts(connection, product_id, planned, rows, before)
    _write_last_seen(connection, planned, before)
    write_schedules(connection, product_id, planned.product.contracts)
    is_new = before.product_id is None
    keep_hours_by_day(connection, product_id, planned.product, before.chain, now, is_new=is_new)
    return product_id


def _absorb_stub(connection: Connection, stub_id: int, product_id: int) -> None:
    """Let a stored product take the place of one that only the catalogue knew, by its new name."""
    asked = update(run_products).where(run_products.c.product_id == stub_id)
    connection.execute(asked.values(product_id=product_id))
    connection.execute(delete(products).where(products.c.id == stub_id))


def write_history(
    connection: Connection,
    changes: Iterable[FieldChange],
    product_id: int,
    run: SyncRun,
    now: datetime,
) -> None:
    """Append what changed to the history."""
    bulk_insert(
        connection,
        field_changes,
        ("run_id", "product_id", "seen_at", "con_id", "field", "old", "new"),
        (
            (run.run_id, product_id, now, change.con_id, change.field, change.old, change.new)
            for change in changes
        ),
    )


def _write_contracts(
    connection: Connection,
    product_id: int,
    planned: ProductUpdate[Future],
    rows: ProductRows,
    before: StoredState,
) -> None:
    diff = planned.diff
    rewritten = {contract.con_id for contract in diff.updated} | before.moved
    relisted = {contract.con_id for contract in (*diff.returned, *diff.absent)}
    added = ((*rows.contracts[contract.con_id], product_id) for contract in diff.added)
    bulk_insert(connection, contracts, (*CONTRACT_COLUMNS, "product_id"), added)
    bulk_update(
        connection,
        contracts.c.con_id,
        (*CONTRACT_COLUMNS[1:], "product_id"),
        ((*rows.contracts[con_id][1:], product_id, con_id) for con_id in sorted(rewritten)),
    )
    bulk_update(
        connection,
        contracts.c.con_id,
        LISTING_COLUMNS,
        ((*rows.listing(con_id), con_id) for con_id in sorted(relisted - rewritten)),
    )


def _write_last_seen(
    connection: Connection, planned: ProductUpdate[Future], before: StoredState
) -> None:
    """Write when contracts were last seen where that is not, or no longer, the last sync."""
    diff = planned.diff
    others = (*diff.added, *diff.updated, *diff.returned, *diff.absent)
    written = before.moved | {other.con_id for other in others}
    synced_at = planned.product.synced_at
    rows = (
        (stored_last_seen(contract.listing, synced_at), contract.con_id)
        for contract in sorted(planned.product.contracts, key=lambda item: item.con_id)
        if contract.con_id not in written
        and stored_last_seen(contract.listing, synced_at)
        != stored_last_seen(before.chain[contract.con_id].listing, before.synced_at)
    )
    bulk_update(connection, contracts.c.con_id, ("last_seen_at",), rows)


def _inserted_id(connection: Connection, table: Table, row: dict[str, Any]) -> int:
    key = connection.execute(insert(table), row).inserted_primary_key
    if key is None:
        raise LookupError(f"{table.name}: the database gave no id")
    return int(key[0])
