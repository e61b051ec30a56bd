"""What changed lately, what matters most first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ibkr_sync.domain.history.events import Event
from ibkr_sync.domain.history.severity import Severity
from ibkr_sync_cli.page.elements import Column, Cut, element, folded, table
from ibkr_sync_cli.page.marks import severity_mark
from ibkr_sync_cli.page.phrases import day_text
from ibkr_sync_cli.units.moments import instant_value
from ibkr_sync_cli.views.events import change_text, event_subject, without_repeats

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from ibkr_sync.application.looking.overview import Overview
    from ibkr_sync_cli.messages.next_command import NextCommand

_FEWEST_OPEN, _MOST_OPEN, _MOST = 10, 40, 300
_COLUMNS = (
    Column("What", "what"),
    Column("Change", "change"),
    Column("Severity", "severity"),
    Column("Seen (UTC)", "seen"),
)


def changes_section(overview: Overview, command: NextCommand) -> Element:
    """The events as a table; those that are only for information are folded behind the others."""
    since = day_text(overview.since.date())
    title = element("h2", f"What changed since {since}")
    events = without_repeats(overview.events)
    if not events:
        return element("section", title, element("p", "Nothing."), id="changes")
    grave = sum(1 for event in events if event.severity is not Severity.INFO)
    rest = command("changes", "--since", instant_value(overview.since) or "")
    cut = Cut(open=min(max(grave, _FEWEST_OPEN), _MOST_OPEN), most=_MOST, rest=rest)

    def show(shown: Sequence[Event]) -> Element:
        caption = f"Changes since {since}, what matters most first"
        return table(caption, _COLUMNS, map(_row, shown), "changes")

    return element("section", title, *folded(events, cut, show, "changes"), id="changes")


def _row(event: Event) -> Sequence[Element]:
    kind = event.type.value.replace("_", " ").capitalize()
    severity = element(
        "span",
        severity_mark(event.severity),
        event.severity.value,
        class_=f"badge {event.severity}",
    )
    return (
        element("span", event_subject(event)),
        element("span", element("b", kind), " ", change_text(event)),
        severity,
        element("time", f"{event.at:%a %d %b, %H:%M}", datetime=f"{event.at:%Y-%m-%dT%H:%MZ}"),
    )
