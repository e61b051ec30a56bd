"""The table of one product: what is constant, its chain, and where the data is from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial

from rich.console import Group, RenderableType
from rich.text import Text

from ibkr_sync.domain.entities.contracts import ContractState, FuturesContract
from ibkr_sync.domain.entities.delivery import Confidence
from ibkr_sync.domain.entities.futures import ChainExtent, Future, Origin
from ibkr_sync.domain.evidence.remarks import remark_sentences
from ibkr_sync.domain.selection.chain_selection import ChainSelection
from ibkr_sync.domain.untrusted_text import harmless_line
from ibkr_sync_cli.units.durations import age_phrase
from ibkr_sync_cli.views.cells import (
    money_cell,
    number_cell,
    origin_cell,
    range_cell,
    sample_tag,
    tick_cell,
)
from ibkr_sync_cli.views.products.chain import ChainTable, long_end
from ibkr_sync_cli.views.tables import Phrases


def product_table(
    future: Future,
    now: datetime,
    selection: ChainSelection | None = None,
    step_to_show_all: str = "",
) -> RenderableType:
    """Title with what is the same for all contracts, a line for each, and where they are from.

    `step_to_show_all` is the command that shows the contracts that a terminal leaves out.
    """
    wanted = selection or ChainSelection()
    of_series, shown = wanted.of_series(future), wanted.shown(future, now)
    chain = ChainTable(future, shown, now, limit=wanted.limit, step_to_show_all=step_to_show_all)
    living = [contract for contract in future.living(now) if contract in of_series]
    remarks = remark_sentences(
        future.remarks,
        ((contract.local_symbol, contract.remarks) for contract in shown),
        notices_only=False,
    )
    return Group(
        product_name(future),
        Phrases([*_constants(future, living), *chain.alike]),
        chain,
        Phrases(_footer(future, of_series, shown, now)),
        *(Text(harmless_line(remark), style="yellow") for remark in remarks),
    )


def product_name(future: Future) -> Text:
    """Symbol and name, marked where the data is not IBKR's."""
    name = Text.assemble((future.symbol, "bold"), "  ", harmless_line(future.name or ""))
    if future.origin is Origin.SAMPLE:
        name.append("  ").append_text(sample_tag())
    return name


def _constants(future: Future, living: Sequence[FuturesContract]) -> Iterator[str]:
    """What the product is, and the range of what differs by month."""
    chain: Sequence[Future | FuturesContract] = living or [future]
    currency = future.currency
    yield from (future.exchange, currency)
    if future.trading_class != future.symbol:
        yield f"class {future.trading_class}"
    yield f"multiplier {range_cell([product.multiplier for product in chain], number_cell)}"
    ticks = range_cell([product.quoted_tick for product in chain], partial(tick_cell, future.key))
    values = range_cell(
        [product.tick_value for product in chain], lambda value: money_cell(value, currency)
    )
    yield f"tick {ticks} = {values}"
    magnifiers = {product.price_magnifier or 1 for product in chain}
    if magnifiers != {1}:
        parts = " or ".join(
            f"1/{magnifier}" if magnifier > 1 else "1" for magnifier in sorted(magnifiers)
        )
        yield f"prices in {parts} {currency}"


def _footer(
    future: Future,
    of_series: Sequence[FuturesContract],
    shown: Sequence[FuturesContract],
    now: datetime,
) -> list[str]:
    counts = Counter(series.state(now) for series in of_series)
    shown_states = {contract.state(now) for contract in shown}
    remarks = [f"{counts[ContractState.ACTIVE]} listed"]
    for state in (ContractState.MISSING, ContractState.DELISTED, ContractState.EXPIRED):
        if counts[state]:
            hint = "" if state in shown_states else " (--expired)"
            remarks.append(f"{counts[state]} {state}{hint}")
    remarks += _hidden_series(future, of_series, now)
    if shown:
        remarks += ["▶ nearest expiry", future.time_zone or "time zone unknown"]
    remarks += _legend_of_long_ends(shown)
    if (closed_at := future.closed_by(now)) is not None:
        remarks.append(f"closed: not known since {closed_at:%Y-%m-%d}")
    if future.synced_at is None and future.origin is Origin.CATALOGUE:
        remarks.append(f"from the {future.origin.value}, never synced")
    elif future.synced_at is None and future.chain_extent is ChainExtent.SINGLE_CONTRACTS:
        remarks.append("never synced, only contracts that moved to it are known")
    elif future.synced_at is None:
        remarks.append(f"from {origin_cell(future.origin)}, as of an unknown time")
    else:
        age = age_phrase(now - future.synced_at)
        remarks.append(f"synced {age} from {origin_cell(future.origin)}")
    return remarks


def _legend_of_long_ends(shown: Sequence[FuturesContract]) -> Iterator[str]:
    """What the marks mean in the column of that name, if there is one."""
    ends = [end for contract in shown if (end := long_end(contract)) is not None]
    marks = []
    if ends and len(ends) < len(shown):
        marks.append("- is the last trade")
    if any(confidence is Confidence.C for _, confidence in ends):
        marks.append("C is not certain")
    if marks:
        yield f"hold longs until: {', '.join(marks)}"


def _hidden_series(
    future: Future, of_series: Sequence[FuturesContract], now: datetime
) -> Iterator[str]:
    """How many listed contracts of other series are not shown."""
    shown = {other.series for other in of_series}
    hidden = Counter(
        contract.series
        for contract in future.contracts
        if contract.series not in shown and contract.state(now) is ContractState.ACTIVE
    )
    for series, count in sorted(hidden.items()):
        yield f"{count} {series} (--series all)"
