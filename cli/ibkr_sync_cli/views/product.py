"""One product with its chain."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.product_document import product_to_document
from ibkr_sync.domain.product_rows import CONTRACT_COLUMNS, product_to_rows
from ibkr_sync_cli.output import Result

if TYPE_CHECKING:
    from rich.console import RenderableType


def product_result(
    future: Future, now: datetime, *, wide: bool = False, expired: bool = False
) -> Result:
    """The product in every format; only the table leaves contracts out."""

    def table() -> RenderableType:
        from ibkr_sync_cli.views.product_table import product_table  # rich, not for pipes

        return product_table(future, now, wide=wide, expired=expired)

    return Result(
        table=table,
        document=lambda: product_to_document(future, now),
        records=lambda: [product_to_document(future, now)],
        columns=CONTRACT_COLUMNS,
        rows=lambda: product_to_rows(future, now),
        as_wide_as_needed=wide,
    )
