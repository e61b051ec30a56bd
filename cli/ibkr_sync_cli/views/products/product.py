"""One product with its chain, or one contract of it in full."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.entities.market_rules import MarketRule
from ibkr_sync.domain.selection.chain_selection import ChainSelection
from ibkr_sync.domain.selection.series_choice import SeriesChoice
from ibkr_sync.interchange.product_document import DocumentScope, product_to_document
from ibkr_sync.interchange.product_rows import (
    CONTRACT_COLUMNS,
    USUAL_CONTRACT_COLUMNS,
    product_to_rows,
)
from ibkr_sync_cli.messages.next_command import NextCommand
from ibkr_sync_cli.terminal.output import Result

if TYPE_CHECKING:
    from rich.console import RenderableType


def product_view(
    future: Future,
    now: datetime,
    ladders: Mapping[int, MarketRule] | None = None,
    *,
    selection: ChainSelection | None = None,
    is_narrowed: bool = False,
    command: NextCommand | None = None,
    typed: tuple[str, ...] = (),
) -> Result:
    """The product in every format.

    Only the table, and a pipe that asks for no format, leave out contracts that have ended, unless
    the selection says how many are wanted, and those of other series, unless it names one.
    `is_narrowed` says that a multiplier left contracts out of the chain already. `command` and the
    options that were `typed` are for the command that shows what a terminal leaves out.
    """
    wanted = selection or ChainSelection()
    scope, chain = _narrowed(future, wanted, now)
    if scope is DocumentScope.CHAIN and is_narrowed:
        scope = DocumentScope.SIZE
    listed = dataclasses.replace(future, contracts=wanted.shown(future, now)[: wanted.limit])

    def table() -> RenderableType:
        from ibkr_sync_cli.messages.next_steps import step_to_show_all
        from ibkr_sync_cli.views.products.product_table import product_table  # rich, not for pipes

        step = step_to_show_all(future.key, command or NextCommand(), *typed)
        return product_table(future, now, wanted, step)

    result = _result(table, future, chain, scope, ladders, now)
    return dataclasses.replace(
        result, usual_rows=partial(product_to_rows, listed, now, scope, ladders)
    )


def contract_view(
    future: Future, contract: FuturesContract, ladders: Mapping[int, MarketRule], now: datetime
) -> Result:
    """The contract in every format; all but the table are its product with this one contract."""

    def table() -> RenderableType:
        from ibkr_sync_cli.views.products.contract_table import contract_table  # as above

        return contract_table(future, contract, ladders, now)

    return _result(table, future, (contract,), DocumentScope.CONTRACT, ladders, now)


def _result(
    table: Callable[[], RenderableType],
    future: Future,
    chain: tuple[FuturesContract, ...],
    scope: DocumentScope,
    ladders: Mapping[int, MarketRule] | None,
    now: datetime,
) -> Result:
    """The product with these contracts of its chain."""
    narrowed = dataclasses.replace(future, contracts=chain)
    document = partial(product_to_document, narrowed, now, scope, ladders)
    return Result(
        table=table,
        document=document,
        records=lambda: [document()],
        columns=CONTRACT_COLUMNS,
        rows=partial(product_to_rows, narrowed, now, scope, ladders),
        usual_columns=USUAL_CONTRACT_COLUMNS,
    )


def _narrowed(
    future: Future, wanted: ChainSelection, now: datetime
) -> tuple[DocumentScope, tuple[FuturesContract, ...]]:
    """The contracts that machines get, and what is to be said of them."""
    if wanted.limit is not None:
        scope, chain = DocumentScope.SELECTION, wanted.shown(future, now)[: wanted.limit]
    elif wanted.series is not SeriesChoice.USUAL:
        scope, chain = DocumentScope.SERIES, wanted.in_order(wanted.of_series(future), now)
    else:
        scope, chain = DocumentScope.CHAIN, wanted.in_order(future.contracts, now)
    return (DocumentScope.CHAIN if len(chain) == len(future.contracts) else scope), chain
