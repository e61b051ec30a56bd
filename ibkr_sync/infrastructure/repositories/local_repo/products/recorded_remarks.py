"""Which remarks on a product the history has kept: nobody is to be told of them every night."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.engine import Connection

from ibkr_sync.domain.evidence.remarks import REMARK_FIELDS, Remark, unreported_remarks
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import field_changes


def unrecorded_remarks(
    connection: Connection, product_id: int | None, remarks: Collection[Remark]
) -> tuple[Remark, ...]:
    """The remarks on a product that no run has kept yet; `product_id` is None for a new one."""
    if not remarks or product_id is None:
        return tuple(remarks)
    columns = field_changes.c
    told = connection.scalars(
        select(columns.new).where(
            columns.product_id == product_id, columns.field.in_(REMARK_FIELDS)
        )
    )
    return unreported_remarks(remarks, [text for text in told if text is not None])
