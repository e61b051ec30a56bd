"""What the contracts of products were before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import select, tuple_
from sqlalchemy.engine import Connection

from ibkr_sync.domain.entities.futures import ProductKey
from ibkr_sync.domain.history.alike_events import FIELDS_OF_PAST
from ibkr_sync.domain.history.recorded_history import ContractPast, RecordedChange
from ibkr_sync.infrastructure.repositories.local_repo.history.contract_ends import (
    recorded_end,
    select_contracts,
)
from ibkr_sync.infrastructure.repositories.local_repo.history.recorded_changes import (
    KEY,
    read_changes,
    select_changes,
)
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import (
    contracts,
    field_changes,
    products,
)


def read_chain_pasts(
    connection: Connection, keys: Collection[ProductKey]
) -> dict[ProductKey, tuple[ContractPast, ...]]:
    """Give every contract that a product ever had, with what changed of it."""
    if not keys:
        return {}
    row = field_changes.c
    ids = select(products.c.id).where(tuple_(*KEY).in_(sorted(keys)))
    ever_own = select(row.con_id).where(row.product_id.in_(ids), row.con_id.is_not(None))
    is_past = (row.con_id.in_(ever_own), row.field.in_(FIELDS_OF_PAST))
    pasts: defaultdict[int | None, list[RecordedChange]] = defaultdict(list)
    for change in read_changes(connection, select_changes(*is_past).order_by(row.id)):
        pasts[change.con_id].append(change)
    found: defaultdict[ProductKey, list[ContractPast]] = defaultdict(list)
    statement = select_contracts().where(contracts.c.con_id.in_(ever_own))
    for end in map(recorded_end, connection.execute(statement.order_by(contracts.c.con_id))):
        changes = tuple(pasts[end.contract.con_id])
        for key in {change.product for change in changes}.intersection(keys):
            found[key].append(ContractPast(contract=end.contract, changes=changes))
    return {key: tuple(chain) for key, chain in found.items()}
