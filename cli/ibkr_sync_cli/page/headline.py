"""What matters most, in four figures that lead to their sections."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ibkr_sync.domain.history.severity import Severity
from ibkr_sync_cli.page.elements import element
from ibkr_sync_cli.page.marks import severity_mark
from ibkr_sync_cli.page.phrases import day_text, days_text, recent_day_text
from ibkr_sync_cli.units.product_names import product_text
from ibkr_sync_cli.units.quantities import quantity_of
from ibkr_sync_cli.views.events import without_repeats

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from ibkr_sync.application.looking.overview import Overview


def headline(overview: Overview) -> Element:
    """Freshness, changes, the next position to leave, and what is open, each in a few words."""
    figures = (_freshness(overview), _changes(overview), _next(overview), _open(overview))
    return element(
        "nav", element("ul", *(element("li", figure) for figure in figures)), aria_label="In short"
    )


def _figure(target: str, name: str, value: str, note: str, level: Severity | None) -> Element:
    return element(
        "a",
        element("span", name, class_="name"),
        element("strong", *([severity_mark(level)] if level else []), value),
        element("span", note, class_="note"),
        href=f"#{target}",
        class_="figure" if level is None else f"figure {level}",
    )


def _freshness(overview: Overview) -> Element:
    report = overview.freshness
    stale, checked = len(report.stale), quantity_of(report.checked, "product")
    if stale:
        return _figure(
            "freshness", "Freshness", f"{stale} stale", f"of {checked}", Severity.CRITICAL
        )
    if not report.is_ok:
        return _figure("freshness", "Freshness", "Look", "at the last run", Severity.CRITICAL)
    return _figure("freshness", "Freshness", "All fresh", checked, None)


def _changes(overview: Overview) -> Element:
    counts = Counter(event.severity for event in without_repeats(overview.events))
    worst = next((level for level in reversed(Severity) if counts[level]), None)
    since = f"since {recent_day_text(overview.since.date())}"
    if worst is None:
        return _figure("changes", "Changes", "None", since, None)
    others = [f"{counts[level]} {level}" for level in reversed(Severity) if counts[level]][1:]
    level = None if worst is Severity.INFO else worst
    return _figure(
        "changes", "Changes", f"{counts[worst]} {worst}", ", ".join([*others, since]), level
    )


def _next(overview: Overview) -> Element:
    first = overview.products[0]
    if first.nearest is None:
        return _figure("products", "Next to leave", "None", "no contract may be held", None)
    contract, day = first.nearest.contract, first.nearest.limit.last_day
    left = days_text((day - contract.local_date(overview.now)).days)
    note = f"{contract.local_symbol} of {product_text(first.summary.key)}, {left}"
    return _figure("products", "Next to leave", day_text(day), note, None)


def _open(overview: Overview) -> Element:
    calendars = [other.hours.calendar for other in overview.products if other.hours]
    states = [calendar.state(overview.now) for calendar in calendars if calendar]
    count = sum(1 for state in states if state and state.is_open)
    known = sum(1 for state in states if state)
    if not known:
        return _figure("hours", "Open now", "Unknown", "no hours are known", None)
    note = f"of {known} with known hours"
    return _figure("hours", "Open now", str(count), note, None)
