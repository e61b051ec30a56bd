"""Products with their chains, or single contracts, as they are or were stored."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ibkr_sync.domain.selection.series_choice import SeriesChoice
from ibkr_sync_cli.arguments.symbols import resolve_symbol, stored_product
from ibkr_sync_cli.views.products.product import contract_view, product_view

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from rich.console import RenderableType

    from ibkr_sync.bootstrap import Services
    from ibkr_sync.domain.entities.futures import Future
    from ibkr_sync.domain.entities.market_rules import MarketRule
    from ibkr_sync.domain.history.moments import PastMoment
    from ibkr_sync.domain.naming.limits import Limits
    from ibkr_sync.domain.selection.chain_selection import ChainSelection
    from ibkr_sync.domain.selection.contract_choice import ContractWords
    from ibkr_sync_cli.terminal.output import Output, Result


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductQuestion:
    """What is asked of each symbol: how it is narrowed, which contracts, and as of when."""

    limits: Limits
    selection: ChainSelection
    past: PastMoment | None = None

    def typed(self) -> tuple[str, ...]:
        """The options of `show` as they are typed, but for how many contracts are wanted."""
        selection = self.selection
        return (
            *(
                ("--series", selection.series.value)
                if selection.series is not SeriesChoice.USUAL
                else ()
            ),
            *(("--expired",) if selection.expired else ()),
            *(("--sort", selection.sort) if selection.sort else ()),
            *(("--as-of", self.past.typed) if self.past else ()),
        )


def stored_view(
    output: Output,
    services: Services[Future],
    question: ProductQuestion,
    now: datetime,
    symbol: str,
) -> Result:
    """What a symbol means, in every format; raises ProductLookupError."""
    past = question.past
    moment = past.at if past else now
    limits, is_past = question.limits, past is not None
    resolved = resolve_symbol(output, services.futures, symbol, limits, is_past=is_past)
    needs_chain = resolved.contract is not None
    stored = stored_product(
        *(output, services.futures, resolved.query), is_past=is_past, needs_chain=needs_chain
    )
    product = services.dated_products.as_known(stored, past, resolved.query, limits)
    ladders = services.dated_products.ladders(product, past)
    sizes = services.futures.size_notice(resolved.query, product.key)
    if resolved.contract is not None:
        result = _contract(output, product, resolved.contract, ladders, moment)
    else:
        result = product_view(
            product,
            moment,
            ladders,
            selection=question.selection,
            is_narrowed=bool(sizes and sizes.left_out),
            command=output.command,
            typed=question.typed(),
        )
    return result if past is None else _as_of(past, result)


def _as_of(past: PastMoment, result: Result) -> Result:
    """The result with a table that says of when it is; what machines read is as ever."""

    def table() -> RenderableType:
        from rich.console import Group  # not for pipes
        from rich.text import Text

        return Group(Text(f"as of {past.label}", style="bold yellow"), result.table())

    return dataclasses.replace(result, table=table)


def _contract(
    output: Output,
    product: Future,
    words: ContractWords,
    ladders: Mapping[int, MarketRule],
    moment: datetime,
) -> Result:
    """The contract of the product that was named."""
    from ibkr_sync.domain.selection.contract_choice import find_contract
    from ibkr_sync_cli.terminal.notices import write_other_year_notice

    match = find_contract(product, words, moment)
    write_other_year_notice(output, words, match)
    return contract_view(product, match.contract, ladders, moment)
