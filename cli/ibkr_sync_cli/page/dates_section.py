"""The days on which something ends or gives notice, in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ibkr_sync_cli.page.elements import Column, Cut, element, folded, table
from ibkr_sync_cli.page.marks import legend_mark
from ibkr_sync_cli.page.phrases import day_text
from ibkr_sync_cli.units.product_names import product_text
from ibkr_sync_cli.views.products.expirations import EXPIRATION_WORDS, expiration_source

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from ibkr_sync.application.looking.overview import Overview
    from ibkr_sync.domain.delivery.expirations import Expiration
    from ibkr_sync_cli.messages.next_command import NextCommand

_OPEN, _MOST = 12, 600
_COLUMNS = (
    Column("Day", "day"),
    Column("Contract", "contract"),
    Column("What", "what"),
    Column("Days", "number"),
    Column("Source", "source"),
)


def dates_section(overview: Overview, command: NextCommand) -> Element:
    """The calendar of all products as a table."""
    title = element("h2", f"What ends in the next {overview.within}")
    if not overview.expirations:
        return element("section", title, element("p", "Nothing."), id="dates")
    rest = command("expirations", "--within", f"{overview.within.count}d")

    def show(shown: Sequence[Expiration]) -> Element:
        caption = "Last trades, first notices and IBKR's cut-offs, in order of days"
        return table(caption, _COLUMNS, map(_row, shown), "dates")

    cut = Cut(open=_OPEN, most=_MOST, rest=rest)
    return element("section", title, *folded(overview.expirations, cut, show, "dates"), id="dates")


def _row(expiration: Expiration) -> Sequence[Element | str]:
    contract = expiration.delivering.contract
    confidence = f", confidence {expiration.confidence}" if expiration.confidence else ""
    product = element("span", product_text(expiration.delivering.product.key), class_="aside")
    return (
        element("time", day_text(expiration.day), datetime=expiration.day.isoformat()),
        element("span", contract.local_symbol, " ", product),
        element("span", legend_mark(expiration.kind), EXPIRATION_WORDS[expiration.kind]),
        str(expiration.days_left),
        f"{expiration_source(expiration)}{confidence}",
    )
