"""The contracts of a product, in as many columns as fit."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from rich.console import Console, ConsoleOptions
from rich.measure import Measurement
from rich.table import Table

from ibkr_sync.domain.entities.contracts import ContractSeries, ContractState, FuturesContract
from ibkr_sync.domain.entities.delivery import Confidence
from ibkr_sync.domain.entities.futures import Future
from ibkr_sync.domain.hours.contract_hours import contract_market_state
from ibkr_sync_cli.units.durations import brief_duration
from ibkr_sync_cli.views.cells import (
    STATE_STYLES,
    days_left_cell,
    last_trade_cell,
    market_state_cell,
    number_cell,
)
from ibkr_sync_cli.views.tables import TableColumn, items_table

_DAY = timedelta(days=1)
LONG_UNTIL = "Long until"
_WEEKDAY = "weekday"
_GIVE_WAY = ("Seen", _WEEKDAY, "Days", "Session")
"""What a narrow terminal leaves out, in this order: the footer tells when the product was
synced, the date tells the rest, and `hours` shows the sessions."""


class ChainTable:
    """A line per contract; columns give way where there is no room for all."""

    def __init__(self, future: Future, shown: Sequence[FuturesContract], now: datetime) -> None:
        self._future = future
        self._shown = shown
        self._now = now
        listed = (each for each in shown if each.state(now) is ContractState.ACTIVE)
        self._nearest = next(listed, None)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """All columns at most, as few as may be at least."""
        most = Measurement.get(console, options, self._table(()))
        least = Measurement.get(console, options, self._table(_GIVE_WAY))
        return Measurement(least.minimum, most.maximum)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Table]:
        """Draw the table with the most columns that fit."""
        unbounded = options.update(max_width=sys.maxsize)
        for count in range(len(_GIVE_WAY) + 1):
            table = self._table(_GIVE_WAY[:count])
            if Measurement.get(console, unbounded, table).maximum <= options.max_width:
                break
        yield table

    def _table(self, left_out: Sequence[str]) -> Table:
        columns = [each for each in self._columns(left_out) if each.heading not in left_out]
        return items_table(
            self._shown,
            columns,
            style=lambda each: (
                "bold" if each is self._nearest else STATE_STYLES[each.state(self._now)]
            ),
        )

    def _columns(self, left_out: Sequence[str]) -> list[TableColumn[FuturesContract]]:
        future, shown, now = self._future, self._shown, self._now
        has_series = any(each.series is not ContractSeries.MONTHLY for each in shown)
        has_states = any(each.state(now) is not ContractState.ACTIVE for each in shown)
        sizes_vary = len({each.multiplier for each in shown}) > 1
        ticks_vary = len({each.quoted_tick for each in shown}) > 1
        sessions = {each.con_id: session_in_chain(each, now) for each in shown}
        ends = {each.con_id: _long_end_cell(each, now) for each in shown}
        weekday = _WEEKDAY not in left_out
        columns: list[TableColumn[FuturesContract] | None] = [
            TableColumn("", lambda each: "▶" if each is self._nearest else ""),
            TableColumn("Contract", lambda each: each.local_symbol),
            TableColumn("Month", lambda each: str(each.contract_month or "-")),
            TableColumn("Series", lambda each: each.series.value) if has_series else None,
            TableColumn(
                "Last trade", lambda each: last_trade_cell(each, future.time_zone, weekday=weekday)
            ),
            TableColumn("Days", lambda each: days_left_cell(each, now), right=True),
            TableColumn(LONG_UNTIL, lambda each: ends[each.con_id] or "-")
            if any(ends.values())
            else None,
            TableColumn("conId", lambda each: str(each.con_id), right=True),
            TableColumn("Multiplier", lambda each: number_cell(each.multiplier), right=True)
            if sizes_vary
            else None,
            TableColumn("Tick", lambda each: number_cell(each.quoted_tick), right=True)
            if ticks_vary
            else None,
            TableColumn("State", lambda each: each.state(now).value) if has_states else None,
            TableColumn("Session", lambda each: sessions[each.con_id] or "-")
            if any(sessions.values())
            else None,
            TableColumn("Seen", lambda each: _last_seen(each, now), right=True),
        ]
        return [column for column in columns if column is not None]


def long_end(contract: FuturesContract, now: datetime) -> tuple[date, Confidence] | None:
    """Until when a long position may be held, where delivery ends it before the last trade."""
    known = contract.delivery
    if known is None or contract.is_expired(now):
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
    end = long_end(contract, now)
    if end is None:
        return None
    day, confidence = end
    marks = (
        "C" if confidence is Confidence.C else "",
        "past" if day < contract.local_date(now) else "",
    )
    return " ".join((f"{day:%d %b %Y}", *filter(None, marks)))


def session_in_chain(contract: FuturesContract, now: datetime) -> str | None:
    """Whether the contract trades now, if its hours are known for now."""
    state = contract_market_state(contract, now)
    zone = ZoneInfo(contract.time_zone) if contract.time_zone else None
    return None if state is None else market_state_cell(state, now, zone)


def _last_seen(contract: FuturesContract, now: datetime) -> str:
    return brief_duration(now - contract.listing.last_seen_at) if contract.listing else "-"
