"""The table of one product: what is constant, its chain, and where the data is from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.text import Text

from ibkr_sync.domain.entities.contracts import ContractState, FuturesContract
from ibkr_sync.domain.entities.delivery import Confidence
from ibkr_sync.domain.entities.futures import ChainExtent, Future, Origin
from ibkr_sync.domain.evidence.remarks import remark_sentences
from ibkr_sync.domain.selection.series_choice import SeriesChoice, chosen_series
from ibkr_sync_cli.units.durations import told_age
from ibkr_sync_cli.views.cells import (
    SAMPLE_TAG,
    money_cell,
    number_cell,
    origin_cell,
    range_cell,
)
from ibkr_sync_cli.views.products.chain import LONG_UNTIL, ChainTable, long_end

_SHOWN_STATES = frozenset((ContractState.ACTIVE, ContractState.MISSING))


def product_table(
    future: Future,
    now: datetime,
    *,
    expired: bool = False,
    series: SeriesChoice = SeriesChoice.USUAL,
) -> RenderableType:
    """Title with what is constant, a line per contract, and where the data is from."""
    wanted = chosen_series(future, series)
    of_series = [each for each in future.contracts if each.series in wanted]
    shown = [each for each in of_series if expired or each.state(now) in _SHOWN_STATES]
    chain = ChainTable(future, shown, now)
    living = [each for each in future.living(now) if each.series in wanted]
    remarks = remark_sentences(
        future.remarks, ((each.local_symbol, each.remarks) for each in shown), notices_only=False
    )
    return Group(
        _title(future, living),
        chain,
        _footer(future, of_series, shown, now),
        *(Text(each, style="yellow") for each in remarks),
    )


def product_name(future: Future) -> Text:
    """Symbol and name, marked where the data is not IBKR's."""
    name = Text.assemble((future.symbol, "bold"), "  ", future.name or "")
    if future.origin is Origin.SAMPLE:
        name.append("  ").append_text(SAMPLE_TAG)
    return name


def _title(future: Future, living: Sequence[FuturesContract]) -> Text:
    """What is the same for all contracts, and the range of what differs by month."""
    chain: Sequence[Future | FuturesContract] = living or [future]
    currency = future.currency
    constants = [future.exchange, future.currency]
    if future.trading_class != future.symbol:
        constants.append(f"class {future.trading_class}")
    constants.append(f"multiplier {range_cell([each.multiplier for each in chain], number_cell)}")
    ticks = range_cell([each.quoted_tick for each in chain], number_cell)
    values = range_cell(
        [each.tick_value for each in chain], lambda value: money_cell(value, currency)
    )
    constants.append(f"tick {ticks} = {values}")
    magnifiers = {each.price_magnifier or 1 for each in chain}
    if magnifiers != {1}:
        parts = " or ".join(f"1/{each}" if each > 1 else "1" for each in sorted(magnifiers))
        constants.append(f"prices in {parts} {currency}")
    return product_name(future).append("\n").append(" · ".join(constants), style="dim")


def _footer(
    future: Future,
    of_series: Sequence[FuturesContract],
    shown: Sequence[FuturesContract],
    now: datetime,
) -> ProductRemark:
    counts = Counter(each.state(now) for each in of_series)
    shown_states = {each.state(now) for each in shown}
    remarks = [f"{counts[ContractState.ACTIVE]} listed"]
    for state in (ContractState.MISSING, ContractState.DELISTED, ContractState.EXPIRED):
        if counts[state]:
            hint = "" if state in shown_states else " (--expired)"
            remarks.append(f"{counts[state]} {state}{hint}")
    remarks += _hidden_series(future, of_series, now)
    if future.contracts:
        remarks += ["▶ nearest expiry", future.time_zone or "time zone unknown"]
    remarks += _legend_of_long_ends(shown, now)
    if future.closed_at is not None:
        remarks.append(f"closed: not known since {future.closed_at:%Y-%m-%d}")
    if future.synced_at is None and future.origin is Origin.CATALOGUE:
        remarks.append(f"from the {future.origin.value}, never synced")
    elif future.synced_at is None and future.chain_extent is ChainExtent.SINGLE_CONTRACTS:
        remarks.append("never synced, only contracts that moved to it are known")
    elif future.synced_at is None:
        remarks.append(f"from {origin_cell(future.origin)}, nobody knows as of when")
    else:
        age = told_age(now - future.synced_at)
        remarks.append(f"synced {age} from {origin_cell(future.origin)}")
    return ProductRemark(remarks)


def _legend_of_long_ends(shown: Sequence[FuturesContract], now: datetime) -> Iterator[str]:
    """What the marks mean in the column of that name, if there is one."""
    ends = [end for each in shown if (end := long_end(each, now)) is not None]
    marks = []
    if ends and len(ends) < len(shown):
        marks.append("- is the last trade")
    if any(confidence is Confidence.C for _, confidence in ends):
        marks.append("C is not certain")
    if marks:
        yield f"{LONG_UNTIL}: {', '.join(marks)}"


class ProductRemark:
    """Remarks in one line, or in more that break between two of them."""

    def __init__(self, remarks: Sequence[str]) -> None:
        self._remarks = tuple(remarks)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        """Put into each line what fits."""
        line = ""
        for remark in self._remarks:
            longer = f"{line} · {remark}" if line else remark
            if line and cell_len(longer) > options.max_width:
                yield Text(line, style="dim")
                longer = remark
            line = longer
        yield Text(line, style="dim")


def _hidden_series(
    future: Future, of_series: Sequence[FuturesContract], now: datetime
) -> Iterator[str]:
    """How many listed contracts of other series are not shown."""
    shown = {each.series for each in of_series}
    hidden = Counter(
        each.series
        for each in future.contracts
        if each.series not in shown and each.state(now) is ContractState.ACTIVE
    )
    for series, count in sorted(hidden.items()):
        yield f"{count} {series} (--series all)"
