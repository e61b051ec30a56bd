"""What is not fresh and why, and what somebody should look at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ibkr_sync.domain.durations import duration_text
from ibkr_sync_cli.messages.next_steps import step_to_refresh
from ibkr_sync_cli.page.elements import Column, Cut, element, folded, table
from ibkr_sync_cli.units.durations import age_phrase
from ibkr_sync_cli.units.product_names import product_text
from ibkr_sync_cli.units.quantities import quantity_of
from ibkr_sync_cli.views.runs.freshness import freshness_sentence
from ibkr_sync_cli.views.runs.recorded_runs import run_sentence

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from ibkr_sync.application.looking.overview import Overview
    from ibkr_sync.domain.entities.product_summary import ProductSummary
    from ibkr_sync.domain.runs.staleness import StaleProduct
    from ibkr_sync_cli.messages.next_command import NextCommand

_OPEN, _MOST = 30, 600


def freshness_section(overview: Overview, command: NextCommand) -> Element:
    """The stale products with the reason; where all is well, that it is."""
    parts = (*_run(overview), *_stale(overview, command), *_remarks(overview, command))
    return element("section", element("h2", "Freshness"), *parts, id="freshness")


def _run(overview: Overview) -> Iterator[Element]:
    run = overview.freshness.run
    if run is not None:
        sentence = run_sentence(run)
        yield element("p", f"{sentence[0].upper()}{sentence[1:]}.")


def _stale(overview: Overview, command: NextCommand) -> Iterator[Element]:
    report, now = overview.freshness, overview.now
    limit = duration_text(report.max_age)
    if not report.stale:
        checked = quantity_of(report.checked, "product")
        yield element("p", f"{checked} checked, each with a complete reply within {limit}.")
        return

    def show(shown: Sequence[StaleProduct]) -> Element:
        columns = (Column("Product", "product"), Column("Synced", "synced"), Column("Why", "why"))
        rows = (
            (
                product_text(item.key) if item.key else str(item.asked),
                "never" if item.synced_at is None else age_phrase(now - item.synced_at),
                freshness_sentence(item),
            )
            for item in shown
        )
        return table(f"Products without a complete reply for {limit}", columns, rows, "stale")

    cut = Cut(open=_OPEN, most=_MOST, rest=command("check"))
    yield from folded(report.stale, cut, show, "products")
    yield element("p", "To bring them up to date: ", element("code", step_to_refresh(command)))


def _remarks(overview: Overview, command: NextCommand) -> Iterator[Element]:
    remarked = overview.freshness.remarked

    def show(shown: Sequence[ProductSummary]) -> Element:
        lines = (
            element("li", element("b", product_text(item.key)), f": {'; '.join(item.remarks)}")
            for item in shown
        )
        return element("ul", *lines)

    if remarked:
        yield element("h3", "Worth a look")
        yield from folded(
            remarked, Cut(open=_OPEN, most=_MOST, rest=command("check")), show, "products"
        )
