"""The hours of a product as a table."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, tzinfo

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ibkr_sync.domain.entities.futures import Origin
from ibkr_sync.domain.entities.schedules import ClosedDay, HoursKind, TradingSession
from ibkr_sync_cli.terminal.plain_table import plain_table
from ibkr_sync_cli.units.clocks import Clock
from ibkr_sync_cli.units.durations import age_phrase, duration_to_the_minute
from ibkr_sync_cli.views.cells import market_state_cell, origin_cell
from ibkr_sync_cli.views.hours.product_hours import ProductDay, ProductHours
from ibkr_sync_cli.views.products.product_table import product_name
from ibkr_sync_cli.views.tables import Phrases, TableColumn, items_table

_CLOCK_NAMES = {Clock.LOCAL: "shown in local time", Clock.UTC: "shown in UTC"}


def hours_table(shown: ProductHours) -> RenderableType:
    """Title, a line per session and closed day, and what the hours were sent for."""
    calendar = shown.calendar
    if calendar is None:
        as_sent = items_table(shown.segments, [TableColumn("As sent", str, fit="cut")])
        return Group(_title(shown, []), as_sent, _footer(shown, []))
    zone = shown.clock.zone(calendar.time_zone)
    title = [_CLOCK_NAMES[shown.clock]] if shown.clock in _CLOCK_NAMES else []
    # Outside liquid hours the market may well be open.
    if shown.state is not None and shown.hours.kind is HoursKind.TRADING:
        title.append(market_state_cell(shown.state, shown.now, zone))
    footer = []
    if calendar.current(shown.now) is not None:
        footer.append("▶ now")
    if calendar.known_until is not None:
        footer.append(f"known until {calendar.known_until.astimezone(zone):%a %d %b %H:%M}")
    sessions = _sessions_table(shown.entries, shown.now, zone)
    return Group(_title(shown, title), sessions, _footer(shown, footer))


def day_table(shown: ProductDay) -> RenderableType:
    """Title, a line per session of the day, and where they come from."""
    hours, zone = shown.hours, shown.clock.zone(shown.hours.calendar.time_zone)
    parts = [shown.future.exchange, f"{hours.kind.value} hours of {hours.day:%a %d %b %Y}"]
    parts.append(hours.calendar.time_zone.key)
    if shown.clock in _CLOCK_NAMES:
        parts.append(_CLOCK_NAMES[shown.clock])
    footer = "as they were sent last" if hours.entries else "no session and not said to be closed"
    sessions = _sessions_table(hours.entries, shown.now, zone)
    return Group(product_name(shown.future), Phrases(parts), sessions, Text(footer, style="dim"))


def _title(shown: ProductHours, more: list[str]) -> RenderableType:
    zone = shown.hours.contract.time_zone or "time zone unknown"
    parts = [shown.future.exchange, f"{shown.hours.kind.value} hours", zone, *more]
    return Group(product_name(shown.future), Phrases(parts))


def _footer(shown: ProductHours, more: list[str]) -> RenderableType:
    contract, origin = shown.hours.contract, shown.future.origin
    names = " and ".join(other.local_symbol for other in shown.hours.contracts)
    sent = "as IBKR sent them" if origin is Origin.IBKR else f"from {origin_cell(origin)}"
    parts = [f"{sent} for {names}"]
    if contract.listing is not None:
        parts.append(f"seen {age_phrase(shown.now - contract.listing.last_seen_at)}")
    return Phrases([*parts, *more])


def _sessions_table(
    entries: Iterable[TradingSession | ClosedDay], now: datetime, zone: tzinfo | None
) -> Table:
    table = plain_table(
        ("", False), ("Day", False), ("Opens", False), ("Closes", False), ("Duration", True)
    )
    for entry in entries:
        if isinstance(entry, ClosedDay):
            table.add_row("", f"{entry.date:%a %d %b}", "CLOSED", "", "", style="dim")
            continue
        opens, closes = entry.opens_at.astimezone(zone), entry.closes_at.astimezone(zone)
        is_current = entry.opens_at <= now < entry.closes_at
        is_over = entry.closes_at <= now
        table.add_row(
            "▶" if is_current else "",
            f"{opens:%a %d %b}",
            f"{opens:%H:%M}",
            f"{closes:%H:%M}" if closes.date() == opens.date() else f"{closes:%a %H:%M}",
            duration_to_the_minute(entry.duration),
            style="bold" if is_current else "dim" if is_over else "",
        )
    return table
