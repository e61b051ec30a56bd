"""One contract in full."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.entities.market_rules import MarketRule
from ibkr_sync_cli.terminal.output import Result
from ibkr_sync_cli.views.products.product import product_view

if TYPE_CHECKING:
    from rich.console import RenderableType


def contract_view(
    future: Future, contract: FuturesContract, ladders: Sequence[MarketRule], now: datetime
) -> Result:
    """The contract in every format; all but the table are its product with this one contract."""

    def table() -> RenderableType:
        from ibkr_sync_cli.views.products.contract_table import (
            contract_table,  # rich, not for pipes
        )

        return contract_table(future, contract, ladders, now)

    narrowed = dataclasses.replace(future, contracts=(contract,))
    return dataclasses.replace(product_view(narrowed, now), table=table)
