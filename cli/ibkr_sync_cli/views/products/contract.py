"""One contract in full."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.entities.market_rules import MarketRule
from ibkr_sync.interchange.product_document import DocumentScope, product_to_document
from ibkr_sync.interchange.product_rows import (
    CONTRACT_COLUMNS,
    USUAL_CONTRACT_COLUMNS,
    product_to_rows,
)
from ibkr_sync_cli.terminal.output import Result

if TYPE_CHECKING:
    from rich.console import RenderableType


def contract_view(
    future: Future, contract: FuturesContract, ladders: Mapping[int, MarketRule], now: datetime
) -> Result:
    """The contract in every format; all but the table are its product with this one contract."""

    def table() -> RenderableType:
        from ibkr_sync_cli.views.products.contract_table import (
            contract_table,  # rich, not for pipes
        )

        return contract_table(future, contract, ladders, now)

    narrowed = dataclasses.replace(future, contracts=(contract,))
    scope = DocumentScope.CONTRACT
    document = partial(product_to_document, narrowed, now, scope, ladders)
    return Result(
        table=table,
        document=document,
        records=lambda: [document()],
        columns=CONTRACT_COLUMNS,
        usual_columns=USUAL_CONTRACT_COLUMNS,
        rows=lambda: product_to_rows(narrowed, now, scope, ladders),
    )
