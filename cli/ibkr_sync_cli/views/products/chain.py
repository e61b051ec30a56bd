"""The contracts of a product: what is the same for all of them, and the columns of the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from rich.console import Console, ConsoleOptions, RenderableType
from rich.text import Text

from ibkr_sync.domain.entities.contracts import ContractSeries, ContractState, FuturesContract
from ibkr_sync.domain.entities.delivery import Confidence
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.hours.contract_hours import contract_market_state
from ibkr_sync_cli.units.clocks import clock_name
from ibkr_sync_cli.units.durations import brief_duration
from ibkr_sync_cli.views.cells import (
    STATE_STYLES,
    days_left_cell,
    last_trade_cell,
    last_trade_utc_cell,
    market_state_cell,
    number_cell,
    tick_cell,
)
from ibkr_sync_cli.views.tables import TableColumn, items_table, phrase_if_alike

_DAY = timedelta(days=1)
USUAL_LENGTH = 12
"""How many contracts a terminal gets where nobody says how many: a year of months."""


class ChainTable:
    """A line per contract, on a terminal of no more than `limit`, else of all.

    `step_to_show_all` is the command that shows what a terminal leaves out.
    """

    def __init__(
        self,
        future: Future,
        shown: Sequence[FuturesContract],
        now: datetime,
        *,
        limit: int | None = None,
        step_to_show_all: str = "",
    ) -> None:
        self._shown = shown
        self._limit = limit
        self._step = step_to_show_all
        listed = (contract for contract in shown if contract.state(now) is ContractState.ACTIVE)
        self._nearest = min(listed, key=lambda item: item.last_trade_date, default=None)
        self._now = now
        columns = [other for other in self._columns(future) if other is not None]
        alike = [(other, phrase_if_alike(other, shown)) for other in columns]
        self._columns_shown = [column for column, phrase in alike if phrase is None]
        self.alike = [phrase for _, phrase in alike if phrase]

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> Iterator[RenderableType]:
        """Draw the table with the most columns that fit."""
        limit = self._limit
        if limit is None and console.is_terminal:
            limit = USUAL_LENGTH
        drawn = self._shown[:limit]
        yield items_table(drawn, self._columns_shown, style=self._style)
        if len(drawn) < len(self._shown):
            more = f"… {len(self._shown) - len(drawn)} more: {self._step}"
            yield Text(more, style="dim", no_wrap=True, overflow="ignore")

    def _style(self, contract: FuturesContract) -> str:
        return "bold" if contract is self._nearest else STATE_STYLES[contract.state(self._now)]

    def _columns(self, future: Future) -> Iterator[TableColumn[FuturesContract] | None]:
        shown, now = self._shown, self._now
        zone = future.time_zone
        yield TableColumn("", lambda item: "▶" if item is self._nearest else "")
        yield TableColumn("Contract", lambda item: item.local_symbol)
        yield TableColumn("Month", lambda item: str(item.contract_month or "-"))
        if any(contract.series is not ContractSeries.MONTHLY for contract in shown):
            yield TableColumn("Series", lambda item: item.series.value, alike="{}")
        yield TableColumn("", lambda item: f"{item.last_trade_date:%a}", gives_way=3)
        yield TableColumn("Last trade", lambda item: last_trade_cell(item, zone, weekday=False))
        yield TableColumn("Days", lambda item: days_left_cell(item, now), right=True, gives_way=2)
        ends = {contract.con_id: _long_end_cell(contract, now) for contract in shown}
        if any(ends.values()):
            yield TableColumn("Hold until", lambda item: ends[item.con_id])
            yield TableColumn("First notice", _first_notice, gives_way=6)
        yield TableColumn("conId", lambda item: str(item.con_id), right=True)
        if len({contract.multiplier for contract in shown}) > 1:
            yield TableColumn("Multiplier", lambda item: number_cell(item.multiplier), right=True)
        if len({contract.quoted_tick for contract in shown}) > 1:
            yield TableColumn("Tick", lambda item: tick_cell(future.key, item.quoted_tick))
        if any(contract.state(now) is not ContractState.ACTIVE for contract in shown):
            yield TableColumn("State", lambda item: item.state(now).value, alike="{}")
        yield TableColumn("Settlement", _settlement, gives_way=5, alike="{}")
        yield _session_column(shown, now, zone)
        yield TableColumn(
            "Seen", lambda item: _last_seen(item, now), right=True, gives_way=4, alike=""
        )
        yield TableColumn("Last trade UTC", last_trade_utc_cell, gives_way=7)


def long_end(contract: FuturesContract) -> tuple[date, Confidence] | None:
    """Until when a long position may be held, where delivery ends it before the last trade."""
    known = contract.delivery
    if known is None:
        return None
    notice = known.first_notice_date
    last_days = {
        "long_cutoff": known.long_cutoff,
        "first_notice_date": None if notice is None else notice - _DAY,
    }
    found = [(day, known.sources[name].confidence) for name, day in last_days.items() if day]
    last_day, confidence = min(found, default=(contract.last_trade_date, Confidence.A))
    return (last_day, confidence) if last_day < contract.last_trade_date else None


def _long_end_cell(contract: FuturesContract, now: datetime) -> str | None:
    """The date, marked where it is past, and where general knowledge alone says it."""
    end = long_end(contract)
    if end is None:
        return None
    day, confidence = end
    marks = (
        "C" if confidence is Confidence.C else "",
        "past" if day < contract.local_date(now) else "",
    )
    return " ".join((f"{day:%d %b %Y}", *filter(None, marks)))


def _first_notice(contract: FuturesContract) -> str | None:
    notice = contract.delivery and contract.delivery.first_notice_date
    return f"{notice:%d %b %Y}" if notice else None


def _settlement(contract: FuturesContract) -> str | None:
    known = contract.delivery
    if known is None or known.settlement is None:
        return None
    is_certain = known.sources["settlement"].confidence is not Confidence.C
    return f"{known.settlement.value} settlement" + ("" if is_certain else " (C)")


def session(contract: FuturesContract, now: datetime) -> str | None:
    """Whether the contract trades now, if its hours are known for now."""
    state = contract_market_state(contract, now)
    zone = ZoneInfo(contract.time_zone) if contract.time_zone else None
    return None if state is None else market_state_cell(state, now, zone)


def _session_column(
    shown: Sequence[FuturesContract], now: datetime, zone: str | None
) -> TableColumn[FuturesContract]:
    """The clock's name stands above the column, or it would seldom fit."""
    sessions = {contract.con_id: session(contract, now) for contract in shown}
    heading, clock = "Session", clock_name(now.astimezone(ZoneInfo(zone))) if zone else ""
    if clock and len(set(sessions.values())) > 1:
        heading = f"Session ({clock})"
        sessions = {
            con_id: text and text.removesuffix(f" {clock}") for con_id, text in sessions.items()
        }
    return TableColumn(heading, lambda item: sessions[item.con_id], gives_way=1, alike="{}")


def _last_seen(contract: FuturesContract, now: datetime) -> str | None:
    if contract.listing is None:
        return None
    age = brief_duration(now - contract.listing.last_seen_at)
    return age if age == "now" else f"{age} ago"
