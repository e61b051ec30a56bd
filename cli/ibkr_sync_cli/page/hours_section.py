"""When what is stored trades over the coming week, drawn on one clock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from ibkr_sync.domain.entities.schedules import ClosedDay, TradingSession
from ibkr_sync.domain.hours.wall_clock import midnight_by_clock
from ibkr_sync_cli.page.elements import Column, drawing, element, percent, table
from ibkr_sync_cli.views.cells import market_state_cell

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from ibkr_sync.application.looking.overview import Overview
    from ibkr_sync.domain.entities.futures import ProductKey
    from ibkr_sync.domain.hours.sessions import SessionCalendar

_DAYS = 7
_DAY = timedelta(days=1)
_HEIGHT = 26


@dataclass(frozen=True, slots=True)
class _Week:
    """The days that are drawn, in UTC, and the present."""

    begin: datetime
    now: datetime

    def share(self, instant: datetime) -> float:
        return min(max((instant - self.begin) / (_DAYS * _DAY), 0.0), 1.0)


def hours_section(overview: Overview) -> Element:
    """A line for all products that trade at the same hours."""
    week = _Week(datetime.combine(overview.now.date(), time(), UTC), overview.now)
    groups: defaultdict[SessionCalendar, list[ProductKey]] = defaultdict(list)
    unknown: list[ProductKey] = []
    for product in overview.products:
        calendar = product.hours.calendar if product.hours else None
        if calendar is None:
            unknown.append(product.summary.key)
        else:
            groups[calendar].append(product.summary.key)
    columns = (
        Column("Products", "product"),
        Column("Now", "now"),
        Column(element("div", "The week, in UTC", _axis(week)), "week"),
    )
    ordered = sorted(groups.items(), key=lambda group: _by_exchange(group[1]))
    rows = (_row(calendar, keys, week) for calendar, keys in ordered)
    key = "The line is now. What is hatched is not known yet: IBKR sends a few days at a time."
    parts = []
    if groups:
        hours = table("Trading hours of the next seven days", columns, rows, "hours")
        parts = [element("p", key, class_="aside"), hours]
    if unknown:
        names = "Hours are not known of: " + "; ".join(_by_exchange(unknown))
        parts.append(element("p", names, class_="aside"))
    return element("section", element("h2", "Hours of the week"), *parts, id="hours")


def _by_exchange(keys: Sequence[ProductKey]) -> list[str]:
    """The products, those of an exchange together: `CME: ES, NQ`."""
    names: defaultdict[str, set[str]] = defaultdict(set)
    for symbol, exchange, trading_class in keys:
        names[exchange].add(symbol if symbol == trading_class else f"{symbol} ({trading_class})")
    return [f"{exchange}: {', '.join(sorted(names[exchange]))}" for exchange in sorted(names)]


def _row(
    calendar: SessionCalendar, keys: Sequence[ProductKey], week: _Week
) -> Sequence[Element | str]:
    state = calendar.state(week.now)
    is_open = state is not None and state.is_open
    words = "not known" if state is None else market_state_cell(state, week.now, calendar.time_zone)
    sign = element("span", "●" if is_open else "○", aria_hidden="true", class_="sign")
    return (
        "; ".join(_by_exchange(keys)),
        element("span", sign, words, class_="open" if is_open else "closed"),
        _drawing(calendar, week),
    )


def _drawing(calendar: SessionCalendar, week: _Week) -> Element:
    zone, last = calendar.time_zone, week.begin + _DAYS * _DAY
    entries = calendar.between(
        week.begin.astimezone(zone).date(), (last - _DAY / 24).astimezone(zone).date()
    )
    shown = [entry for entry in entries if _is_in(entry, week)]
    shapes = (
        _closed_day(entry, calendar, week) if isinstance(entry, ClosedDay) else _bar(entry, week)
        for entry in shown
    )
    words = "; ".join(_words(entry, calendar) for entry in shown) or "no session"
    now = percent(week.share(week.now))
    return drawing(
        f"{words} ({zone.key})",
        *_grid(),
        *_unknown(calendar, week),
        *shapes,
        element("line", x1=now, x2=now, y1="0", y2="100%", class_="now"),
        height=_HEIGHT,
        class_="week",
    )


def _is_in(entry: TradingSession | ClosedDay, week: _Week) -> bool:
    return isinstance(entry, ClosedDay) or week.share(entry.opens_at) < week.share(entry.closes_at)


def _words(entry: TradingSession | ClosedDay, calendar: SessionCalendar) -> str:
    if isinstance(entry, ClosedDay):
        return f"{entry.date:%a %d %b} closed"
    opens, closes = (
        instant.astimezone(calendar.time_zone) for instant in (entry.opens_at, entry.closes_at)
    )
    until = f"{closes:%H:%M}" if opens.date() == closes.date() else f"{closes:%a %H:%M}"
    return f"{opens:%a %d %b %H:%M} to {until}"


def _bar(session: TradingSession, week: _Week) -> Element:
    begin, end = week.share(session.opens_at), week.share(session.closes_at)
    return element(
        "rect",
        x=percent(begin),
        width=percent(end - begin),
        y="7",
        height="12",
        rx="3",
        class_="session",
    )


def _closed_day(day: ClosedDay, calendar: SessionCalendar, week: _Week) -> Element:
    noon = midnight_by_clock(day.date, calendar.time_zone) + _DAY / 2
    return element("text", "closed", x=percent(week.share(noon)), y="13", class_="closed")


def _unknown(calendar: SessionCalendar, week: _Week) -> Iterator[Element]:
    """Hatched where nothing is known: before the first day, and after the last."""
    known_from, known_until = calendar.known_from, calendar.known_until
    first = 0.0 if known_from is None else week.share(known_from)
    last = 0.0 if known_until is None else week.share(known_until)
    for begin, end in ((0.0, first), (last, 1.0)):
        if begin < end:
            width = percent(end - begin)
            yield element(
                "rect", x=percent(begin), width=width, y="0", height="100%", class_="unknown"
            )


def _grid() -> Iterator[Element]:
    for day in range(1, _DAYS):
        x = percent(day / _DAYS)
        yield element("line", x1=x, x2=x, y1="0", y2="100%", class_="grid")


def _axis(week: _Week) -> Element:
    days = (
        element("text", f"{week.begin + day * _DAY:%a}", x=percent((day + 0.5) / _DAYS), y="12")
        for day in range(_DAYS)
    )
    return element("svg", *days, width="100%", height="16", aria_hidden="true", class_="axis")
