"""Changes of fields as they were recorded, with the product and the contract of each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, or_, select
from sqlalchemy.engine import Connection

from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import ProductKey
from ibkr_sync.domain.evidence.product_update import LISTING, PRODUCT
from ibkr_sync.domain.evidence.remarks import REMARKS
from ibkr_sync.domain.history.recorded_history import RecordedChange
from ibkr_sync.domain.history.remark_changes import RECURRENCE
from ibkr_sync.domain.runs.run_kind import RunKind
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import (
    contracts,
    field_changes,
    former_names,
    products,
    sync_runs,
)

KEY = (products.c.symbol, products.c.exchange, products.c.trading_class)
"""What identifies a product."""

CONTRACT_COLUMNS = (
    *("con_id", "symbol", "exchange", "trading_class", "currency", "local_symbol"),
    *("last_trade_date", "last_trade_at", "time_zone"),
)
"""What identifies a contract, and says when it ends."""


def is_product(product: ProductKey | None) -> list[ColumnElement[bool]]:
    """Whether a row of products is the product's; nothing if it is any."""
    if product is None:
        return []
    return [column == value for column, value in zip(KEY, product, strict=True)]


def is_of_product(connection: Connection, product: ProductKey | None) -> list[ColumnElement[bool]]:
    """Whether a change is the product's, or that a contract left it, under its name of then."""
    if product is None:
        return []
    change, former = field_changes.c, former_names.c
    names = (
        select(former.symbol, former.exchange, former.trading_class, former.until)
        .join(products, products.c.id == former.product_id)
        .where(*is_product(product))
    )
    has_left = [
        change.old == str(product),
        *(
            and_(change.old == str(ProductKey(*key)), change.seen_at <= until)
            for *key, until in connection.execute(names)
        ),
    ]
    return [or_(and_(*is_product(product)), and_(change.field == PRODUCT, or_(*has_left)))]


def select_changes(*conditions: ColumnElement[bool]) -> Select[Any]:
    """Changes that meet the conditions, each with the key of its product and its contract."""
    return (
        select(field_changes, *(column.label(f"product_{column.name}") for column in KEY))
        .add_columns(*(contracts.c[name] for name in CONTRACT_COLUMNS if name != "con_id"))
        .add_columns(sync_runs.c.kind)
        .join(products, products.c.id == field_changes.c.product_id)
        .join(sync_runs, sync_runs.c.id == field_changes.c.run_id)
        .outerjoin(contracts, contracts.c.con_id == field_changes.c.con_id)
        .where(*conditions)
    )


def read_changes(connection: Connection, statement: Select[Any]) -> tuple[RecordedChange, ...]:
    """Give the changes that a statement of `select_changes` selects, in its order."""
    return tuple(
        RecordedChange(
            product=ProductKey(row.product_symbol, row.product_exchange, row.product_trading_class),
            product_id=row.product_id,
            con_id=row.con_id,
            local_symbol=row.local_symbol,
            field=row.field,
            old=row.old,
            new=row.new,
            at=row.seen_at,
            run=row.run_id,
            is_correction=row.kind is RunKind.RENORMALISE,
            is_after_end=_is_first_sight_after_end(row),
        )
        for row in connection.execute(statement)
    )


def read_earlier_remarks(
    connection: Connection,
    since: datetime,
    conditions: Sequence[ColumnElement[bool]],
) -> tuple[RecordedChange, ...]:
    """Changes of remarks, as far as conditions say, from shortly before an instant on."""
    row = field_changes.c
    earlier = select_changes(row.seen_at >= since - RECURRENCE, row.field == REMARKS, *conditions)
    return read_changes(connection, earlier.order_by(row.id))


def _is_first_sight_after_end(row: Row[Any]) -> bool:
    if row.field != LISTING or row.old is not None or row.local_symbol is None:
        return False
    values = row._asdict()
    contract = FuturesContract(**{name: values[name] for name in CONTRACT_COLUMNS})
    return contract.is_expired(row.seen_at)
