"""Until when each product's nearest contract may be held, with its calendar drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ibkr_sync.domain.delivery.expirations import ExpirationKind
from ibkr_sync_cli.page.calendar_drawing import CalendarSpan, calendar_axis, calendar_drawing
from ibkr_sync_cli.page.elements import Column, Cut, element, folded, table
from ibkr_sync_cli.page.marks import legend_mark
from ibkr_sync_cli.page.phrases import day_text, days_text
from ibkr_sync_cli.units.durations import age_phrase
from ibkr_sync_cli.units.product_names import product_text
from ibkr_sync_cli.views.products.expirations import EXPIRATION_WORDS
from ibkr_sync_cli.views.products.nearest_contracts import LIMIT_NAMES

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from ibkr_sync.application.looking.overview import Overview, ProductOverview
    from ibkr_sync.domain.entities.futures import ProductKey
    from ibkr_sync.domain.runs.staleness import StaleProduct
    from ibkr_sync_cli.messages.next_command import NextCommand

_OPEN, _MOST = 30, 1_000


def products_section(overview: Overview, command: NextCommand) -> Element:
    """A line for each product, where a position has to be left soonest first."""
    span = CalendarSpan(overview.now.date(), overview.within.count)
    stale = {item.key: item for item in overview.freshness.stale if item.key is not None}

    def show(shown: Sequence[ProductOverview]) -> Element:
        columns = (
            Column("Product", "product"),
            Column("May be held until", "hold"),
            Column(element("div", f"The next {overview.within}", calendar_axis(span)), "dates"),
            Column("Synced", "synced"),
        )
        rows = (_row(product, overview, span, stale) for product in shown)
        caption = "Until when the nearest contract of each product may be held"
        return table(caption, columns, rows, "products")

    cut = Cut(open=_OPEN, most=_MOST, rest=command("list"))
    return element(
        "section",
        element("h2", "Until when a contract may be held"),
        element("p", "Of each product the nearest contract for a long position.", class_="aside"),
        _legend(),
        *folded(overview.products, cut, show, "products"),
        id="products",
    )


def _legend() -> Element:
    marks = (
        element("li", legend_mark(kind), EXPIRATION_WORDS[kind])
        for kind in (
            ExpirationKind.NOTICE,
            ExpirationKind.LONG_CUTOFF,
            ExpirationKind.SHORT_CUTOFF,
            ExpirationKind.LAST_TRADE,
        )
    )
    held = element("span", class_="line", aria_hidden="true")
    return element("ul", element("li", held, "may be held"), *marks, class_="legend")


def _row(
    product: ProductOverview,
    overview: Overview,
    span: CalendarSpan,
    stale: Mapping[ProductKey, StaleProduct],
) -> Sequence[Element]:
    summary = product.summary
    name = element("span", summary.name or "", class_="aside")
    return (
        element("div", element("span", product_text(summary.key), class_="key"), " ", name),
        _hold(product, overview),
        calendar_drawing(product, span),
        _synced(product, overview, is_stale=summary.key in stale),
    )


def _hold(product: ProductOverview, overview: Overview) -> Element:
    nearest = product.nearest
    if nearest is None:
        return element("div", "no contract")
    day, contract = nearest.limit.last_day, nearest.contract
    left = days_text((day - contract.local_date(overview.now)).days)
    doubt = "" if nearest.is_certain else " (not certain)"
    why = f"{contract.local_symbol}, {left}, by {LIMIT_NAMES[nearest.limit.kind]}{doubt}"
    return element(
        "div",
        element("time", day_text(day), datetime=day.isoformat()),
        " ",
        element("span", why, class_="aside"),
    )


def _synced(product: ProductOverview, overview: Overview, *, is_stale: bool) -> Element:
    synced_at = product.summary.synced_at
    age = "never" if synced_at is None else age_phrase(overview.now - synced_at)
    if not is_stale:
        return element("div", age)
    return element("div", element("span", "stale", class_="badge critical"), " ", age)
