"""The page: one file with all that is stored at a glance."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from ibkr_sync_cli.messages.next_steps import step_to_get_first
from ibkr_sync_cli.page.changes_section import changes_section
from ibkr_sync_cli.page.dates_section import dates_section
from ibkr_sync_cli.page.elements import element
from ibkr_sync_cli.page.freshness_section import freshness_section
from ibkr_sync_cli.page.headline import headline
from ibkr_sync_cli.page.hours_section import hours_section
from ibkr_sync_cli.page.marks import shared_shapes
from ibkr_sync_cli.page.products_section import products_section

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from ibkr_sync.application.looking.overview import Overview
    from ibkr_sync_cli.messages.next_command import NextCommand

_NOTHING_ELSE = "default-src 'none'; style-src 'unsafe-inline'"
"""Whatever a text might hold, a browser runs no script and asks nobody for anything."""


def overview_page(overview: Overview, command: NextCommand) -> str:
    """The whole page as HTML; the same for the same data and instant."""
    page = element("html", _head(overview), element("body", *_body(overview, command)), lang="en")
    return f"<!DOCTYPE html>\n{ET.tostring(page, encoding='unicode', method='html')}\n"


def _head(overview: Overview) -> Element:
    style = resources.files("ibkr_sync_cli.page").joinpath("page.css").read_text(encoding="utf-8")
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_NOTHING_ELSE),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", f"Futures on {overview.now:%d %B %Y, %H:%M} UTC"),
        element("style", style),
    )


def _body(overview: Overview, command: NextCommand) -> Iterator[Element]:
    yield shared_shapes()
    yield _masthead(overview)
    if not overview.products:
        yield element("main", element("section", *_nothing(command)))
        return
    yield element(
        "main",
        headline(overview),
        changes_section(overview, command),
        products_section(overview, command),
        dates_section(overview, command),
        hours_section(overview),
        freshness_section(overview, command),
    )
    note = "Made from what is stored alone; nobody was asked. Dates are those of the exchange."
    yield element("footer", element("p", note))


def _masthead(overview: Overview) -> Element:
    instant = element(
        "time", f"{overview.now:%A %d %B %Y, %H:%M} UTC", datetime=f"{overview.now:%Y-%m-%dT%H:%MZ}"
    )
    mark = [element("p", "SAMPLE DATA", class_="sample")] if overview.is_sample else []
    title = element("h1", "Futures at Interactive Brokers")
    return element("header", title, element("p", "As stored on ", instant), *mark)


def _nothing(command: NextCommand) -> Iterator[Element]:
    yield element("h2", "Nothing is stored yet")
    step = element("code", step_to_get_first(command))
    yield element("p", "This page fills with what is fetched. To begin: ", step)
