"""One product with its chain."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.entities.market_rules import MarketRule
from ibkr_sync.domain.selection.series_choice import SeriesChoice, chosen_series
from ibkr_sync.interchange.product_document import DocumentScope, product_to_document
from ibkr_sync.interchange.product_rows import (
    CONTRACT_COLUMNS,
    USUAL_CONTRACT_COLUMNS,
    product_to_rows,
)
from ibkr_sync_cli.terminal.output import Result

if TYPE_CHECKING:
    from rich.console import RenderableType


def product_view(
    future: Future,
    now: datetime,
    ladders: Mapping[int, MarketRule] | None = None,
    *,
    expired: bool = False,
    series: SeriesChoice = SeriesChoice.USUAL,
    is_narrowed: bool = False,
) -> Result:
    """The product in every format; only the table leaves contracts out, unless a series is named.

    Weekly and daily contracts are not among the usual ones of a product with monthly ones.
    `is_narrowed` says that a multiplier left contracts out of the chain already.
    """
    scope = DocumentScope.SIZE if is_narrowed else DocumentScope.CHAIN
    if series is not SeriesChoice.USUAL:
        wanted = chosen_series(future, series)
        chain = tuple(each for each in future.contracts if each.series in wanted)
        scope = scope if len(chain) == len(future.contracts) else DocumentScope.SERIES
        future = dataclasses.replace(future, contracts=chain)

    def table() -> RenderableType:
        from ibkr_sync_cli.views.products.product_table import product_table  # rich, not for pipes

        return product_table(future, now, expired=expired, series=series)

    return Result(
        table=table,
        document=lambda: product_to_document(future, now, scope, ladders),
        records=lambda: [product_to_document(future, now, scope, ladders)],
        columns=CONTRACT_COLUMNS,
        usual_columns=USUAL_CONTRACT_COLUMNS,
        rows=lambda: product_to_rows(future, now, scope, ladders),
    )
