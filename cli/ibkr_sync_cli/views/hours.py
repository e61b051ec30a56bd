"""The sessions of a product over the next days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ibkr_sync.domain.contract_hours import ContractHours, HoursKind
from ibkr_sync.domain.entities.futures import Future, Origin
from ibkr_sync.domain.entities.sessions import (
    ClosedDay,
    MarketState,
    SessionCalendar,
    TradingSession,
)
from ibkr_sync_cli.clocks import Clock
from ibkr_sync_cli.durations import brief, hours_and_minutes
from ibkr_sync_cli.output import Result
from ibkr_sync_cli.views.cells import flexible, market_state, origin_text, plain_table
from ibkr_sync_cli.views.product_table import product_name

SCHEMA = "ibkr-sync/hours/1"

COLUMNS = (
    *("symbol", "exchange", "trading_class", "con_id", "local_symbol", "hours", "time_zone"),
    *("date", "closed", "opens_at", "closes_at", "opens_local", "closes_local"),
    *("minutes", "current", "as_sent"),
)

_CLOCK_NAMES = {Clock.LOCAL: "shown in local time", Clock.UTC: "shown in UTC"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductHours:
    """What is shown: the hours of a product from today on, for some days of the exchange."""

    future: Future
    hours: ContractHours
    now: datetime
    days: int
    clock: Clock = Clock.EXCHANGE

    @property
    def calendar(self) -> SessionCalendar | None:
        """The hours, if they can be read."""
        return self.hours.calendar

    @property
    def state(self) -> MarketState | None:
        """In session or not; None when it is not known."""
        return self.calendar.state(self.now) if self.calendar else None

    @property
    def entries(self) -> tuple[TradingSession | ClosedDay, ...]:
        """The sessions and closed days of the days asked for; none if they can't be read."""
        if self.calendar is None:
            return ()
        today = self.now.astimezone(self.calendar.time_zone).date()
        return self.calendar.between(today, today + timedelta(days=self.days - 1))

    @property
    def segments(self) -> list[str]:
        """The hours as sent, a line per segment."""
        return [segment for segment in self.hours.text.split(";") if segment]


def hours_result(shown: ProductHours) -> Result:
    """The hours in every format; what can't be read is given as sent."""
    return Result(
        table=lambda: _view(shown),
        document=lambda: _document(shown),
        records=lambda: list(_records(shown)),
        columns=COLUMNS,
        rows=lambda: (_cells(record) for record in _records(shown)),
    )


def _document(shown: ProductHours) -> dict[str, object]:
    future, contract, calendar = shown.future, shown.hours.contract, shown.calendar
    state = shown.state
    entries = shown.entries
    return {
        "schema": SCHEMA,
        "symbol": future.symbol,
        "exchange": future.exchange,
        "trading_class": future.trading_class,
        "name": future.name,
        "origin": future.origin.value,
        "con_id": contract.con_id,
        "local_symbol": contract.local_symbol,
        "hours": shown.hours.kind.value,
        "time_zone": contract.time_zone,
        "time_zone_id": shown.hours.time_zone_id,
        "seen_at": _utc(contract.listing.last_seen_at) if contract.listing else None,
        "as_of": _utc(shown.now),
        "in_session": state.is_open if state else None,
        "until": _utc(state.until) if state and state.until else None,
        "known_until": _utc(calendar.known_until) if calendar and calendar.known_until else None,
        "sessions": [
            _session(each, calendar.time_zone, shown.now)
            for each in entries
            if calendar and isinstance(each, TradingSession)
        ],
        "closed_days": [each.date.isoformat() for each in entries if isinstance(each, ClosedDay)],
        "as_sent": shown.hours.text,
        "problem": shown.hours.problem,
    }


def _records(shown: ProductHours) -> Iterator[dict[str, object]]:
    """One per session and closed day; one per segment as sent, if they can't be read."""
    future, contract = shown.future, shown.hours.contract
    blank = dict.fromkeys(COLUMNS) | {
        "symbol": future.symbol,
        "exchange": future.exchange,
        "trading_class": future.trading_class,
        "con_id": contract.con_id,
        "local_symbol": contract.local_symbol,
        "hours": shown.hours.kind.value,
        "time_zone": contract.time_zone,
    }
    if shown.calendar is None:
        for segment in shown.segments:
            yield blank | {"as_sent": segment}
        return
    for entry in shown.entries:
        if isinstance(entry, ClosedDay):
            yield blank | {"date": entry.date.isoformat(), "closed": True, "current": False}
        else:
            session = _session(entry, shown.calendar.time_zone, shown.now)
            yield blank | {"closed": False} | session


def _session(session: TradingSession, zone: tzinfo, now: datetime) -> dict[str, object]:
    opens, closes = session.opens_at.astimezone(zone), session.closes_at.astimezone(zone)
    return {
        "date": opens.date().isoformat(),
        "opens_at": _utc(session.opens_at),
        "closes_at": _utc(session.closes_at),
        "opens_local": opens.isoformat(),
        "closes_local": closes.isoformat(),
        "minutes": session.duration // timedelta(minutes=1),
        "current": session.opens_at <= now < session.closes_at,
    }


def _cells(record: Mapping[str, object]) -> dict[str, str]:
    words = {None: "", True: "true", False: "false"}
    return {
        key: words[value] if value is None or isinstance(value, bool) else str(value)
        for key, value in record.items()
    }


def _view(shown: ProductHours) -> RenderableType:
    calendar = shown.calendar
    if calendar is None:
        return Group(_title(shown, []), _as_sent_table(shown), _footer(shown, []))
    zone = shown.clock.zone(calendar.time_zone)
    title = [_CLOCK_NAMES[shown.clock]] if shown.clock in _CLOCK_NAMES else []
    # Outside liquid hours the market may well be open.
    if shown.state is not None and shown.hours.kind is HoursKind.TRADING:
        title.append(market_state(shown.state, shown.now, zone))
    footer = []
    if calendar.current(shown.now) is not None:
        footer.append("▶ now")
    if calendar.known_until is not None:
        footer.append(f"known until {calendar.known_until.astimezone(zone):%a %d %b %H:%M}")
    return Group(_title(shown, title), _sessions_table(shown, zone), _footer(shown, footer))


def _title(shown: ProductHours, more: list[str]) -> Text:
    zone = shown.hours.contract.time_zone or "time zone unknown"
    told = [shown.future.exchange, f"{shown.hours.kind.value} hours", zone, *more]
    return product_name(shown.future).append("\n").append(" · ".join(told), style="dim")


def _footer(shown: ProductHours, more: list[str]) -> Text:
    contract, origin = shown.hours.contract, shown.future.origin
    sent = "as IBKR sent them" if origin is Origin.IBKR else f"from {origin_text(origin)}"
    told = [f"{sent} for {contract.local_symbol}"]
    if contract.listing is not None:
        age = brief(shown.now - contract.listing.last_seen_at)
        told.append("seen now" if age == "now" else f"seen {age} ago")
    return Text(" · ".join([*told, *more]), style="dim")


def _sessions_table(shown: ProductHours, zone: tzinfo | None) -> Table:
    table = plain_table(
        ("", False), ("Day", False), ("Opens", False), ("Closes", False), ("Duration", True)
    )
    for entry in shown.entries:
        if isinstance(entry, ClosedDay):
            table.add_row("", f"{entry.date:%a %d %b}", "CLOSED", "", "", style="dim")
            continue
        opens, closes = entry.opens_at.astimezone(zone), entry.closes_at.astimezone(zone)
        is_current = entry.opens_at <= shown.now < entry.closes_at
        is_over = entry.closes_at <= shown.now
        table.add_row(
            "▶" if is_current else "",
            f"{opens:%a %d %b}",
            f"{opens:%H:%M}",
            f"{closes:%H:%M}" if closes.date() == opens.date() else f"{closes:%a %H:%M}",
            hours_and_minutes(entry.duration),
            style="bold" if is_current else "dim" if is_over else "",
        )
    return table


def _as_sent_table(shown: ProductHours) -> Table:
    table = plain_table(("As sent", False), shrinks="As sent")
    for segment in shown.segments:
        table.add_row(flexible(segment))
    return table


def _utc(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
