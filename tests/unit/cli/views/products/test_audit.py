"""Disagreements about sample data are marked."""

from __future__ import annotations

from rich.console import Console

from example_products import ES
from ibkr_sync.domain.delivery.audit.disagreements import Disagreement
from ibkr_sync.domain.history.severity import Severity
from ibkr_sync_cli.views.products.audit import audit_view
from one_case import one_case


@one_case("is_sample", [True, False])
def test_sample_data_is_marked_below_the_table(*, is_sample: bool) -> None:
    odd = Disagreement(
        severity=Severity.NOTICE,
        product=ES.key,
        contract=None,
        field="min_tick",
        value="0.25",
        source="IBKR",
        other="0.5",
        other_source="the catalogue",
    )
    console = Console(width=80)
    with console.capture() as capture:
        console.print(audit_view([odd], is_sample=is_sample).table())
    *_, line, footer = capture.get().splitlines()
    assert " ".join(line.split()) == "notice ES@CME tick 0.25 (IBKR) 0.5 (the catalogue)"
    assert footer == f"{'SAMPLE DATA  ' if is_sample else ''}1 disagreement · 1 notice"
