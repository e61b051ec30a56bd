"""One product with its chain."""

from __future__ import annotations

from datetime import datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ibkr_sync.domain.entities.contracts import ContractSeries, ContractState, FuturesContract
from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.product_document import product_to_document
from ibkr_sync.domain.product_rows import CONTRACT_COLUMNS, product_to_rows
from ibkr_sync_cli.durations import brief
from ibkr_sync_cli.output import Result
from ibkr_sync_cli.views.cells import (
    SAMPLE_TAG,
    STATE_STYLES,
    days_left,
    last_trade,
    money,
    number,
    origin_text,
    plain_table,
)

_SHOWN_STATES = frozenset((ContractState.ACTIVE, ContractState.MISSING))


def product_result(
    future: Future, now: datetime, *, wide: bool = False, expired: bool = False
) -> Result:
    """The product in every format; only the table leaves contracts out."""
    return Result(
        table=lambda: product_table(future, now, wide=wide, expired=expired),
        document=lambda: product_to_document(future, now),
        records=lambda: [product_to_document(future, now)],
        columns=CONTRACT_COLUMNS,
        rows=lambda: product_to_rows(future, now),
    )


def product_table(
    future: Future, now: datetime, *, wide: bool = False, expired: bool = False
) -> RenderableType:
    """Title with what is constant, a line per contract, and where the data is from."""
    shown = [
        contract for contract in future.contracts if expired or contract.state(now) in _SHOWN_STATES
    ]
    nearest = next((each for each in shown if not each.is_expired(now)), None)
    chain = _chain(future, shown, nearest, now, wide=wide)
    return Group(_title(future), chain, _footer(future, len(shown), now))


def _title(future: Future) -> Text:
    constants = [future.exchange, future.currency]
    if future.trading_class != future.symbol:
        constants.append(f"class {future.trading_class}")
    constants.append(f"multiplier {number(future.multiplier)}")
    value = money(future.tick_value, future.currency)
    constants.append(f"tick {number(future.quoted_tick)} = {value}")
    if future.price_magnifier not in (None, 1):
        constants.append(f"prices in 1/{future.price_magnifier} {future.currency}")
    title = Text.assemble((future.symbol, "bold"), "  ", future.name or "")
    if future.origin is Origin.SAMPLE:
        title.append("  ").append_text(SAMPLE_TAG)
    return title.append("\n").append(" · ".join(constants), style="dim")


def _chain(
    future: Future,
    shown: list[FuturesContract],
    nearest: FuturesContract | None,
    now: datetime,
    *,
    wide: bool,
) -> Table:
    has_series = any(each.series is not ContractSeries.MONTHLY for each in shown)
    has_states = any(each.state(now) is not ContractState.ACTIVE for each in shown)
    varies = any(each.multiplier != future.multiplier for each in shown)
    columns = [
        ("", False),
        ("Contract", False),
        ("Month", False),
        *([("Series", False)] if has_series or wide else []),
        ("Last trade", False),
        ("Days", True),
        ("conId", True),
        *([("Multiplier", True)] if varies or wide else []),
        *([("State", False)] if has_states or wide else []),
        ("Seen", True),
        *([("Class", False), ("Expiration", False), ("Last trade UTC", False)] if wide else []),
        *([("Tick", True), ("Market rules", False)] if wide else []),
    ]
    table = plain_table(*columns)
    for contract in shown:
        state = contract.state(now)
        cells = [
            "▶" if contract is nearest else "",
            contract.local_symbol,
            str(contract.contract_month or "-"),
            *([contract.series.value] if has_series or wide else []),
            last_trade(contract, future.time_zone),
            days_left(contract, now),
            str(contract.con_id),
            *([number(contract.multiplier)] if varies or wide else []),
            *([state.value] if has_states or wide else []),
            brief(now - contract.listing.last_seen_at) if contract.listing else "-",
            *(_wide_cells(contract) if wide else []),
        ]
        style = "bold" if contract is nearest else STATE_STYLES[state]
        table.add_row(*(Text(cell) for cell in cells), style=style)
    return table


def _wide_cells(contract: FuturesContract) -> list[str]:
    at = contract.last_trade_at
    rules = {str(venue.market_rule_id) for venue in contract.venues if venue.market_rule_id}
    return [
        contract.trading_class,
        str(contract.real_expiration_date or "-"),
        f"{at:%Y-%m-%d %H:%M}" if at else "-",
        number(contract.quoted_tick),
        ",".join(sorted(rules)) or "-",
    ]


def _footer(future: Future, shown: int, now: datetime) -> Text:
    expired = sum(contract.is_expired(now) for contract in future.contracts)
    hidden = len(future.contracts) - shown
    remarks = [f"{len(future.contracts) - expired} listed"]
    if expired:
        remarks.append(f"{expired} expired" + (" (--expired)" if hidden else ""))
    if future.contracts:
        remarks += ["▶ nearest expiry", future.time_zone or "time zone unknown"]
    if future.synced_at is None:
        remarks.append(f"from the {future.origin.value}, never synced")
    else:
        age = brief(now - future.synced_at)
        remarks.append(
            f"synced {age if age == 'now' else age + ' ago'} from {origin_text(future.origin)}"
        )
    return Text(" · ".join(remarks), style="dim")
