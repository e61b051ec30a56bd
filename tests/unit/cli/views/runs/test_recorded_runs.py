"""Recorded runs on a terminal of 80 columns."""

from __future__ import annotations

import io
from datetime import timedelta

from rich.console import Console

from example_products import NOW
from ibkr_sync.domain.entities.futures import Origin
from ibkr_sync.domain.runs.contract_counts import ContractCounts
from ibkr_sync.domain.runs.run_kind import RunKind
from ibkr_sync.domain.runs.run_outcomes import RunOutcome
from ibkr_sync.domain.runs.run_records import RecordedRun
from ibkr_sync_cli.views.runs.recorded_runs import recorded_runs_view


def a_run(counts: ContractCounts) -> RecordedRun:
    return RecordedRun(
        run_id=12345,
        origin=Origin.IBKR,
        kind=RunKind.NAMED_REFRESH,
        started_at=NOW,
        finished_at=NOW + timedelta(seconds=100),
        outcome=RunOutcome.INTERRUPTED,
        error=None,
        message=None,
        succeeded=500,
        failed=12,
        counts=counts,
    )


def test_a_run_with_every_fate_of_a_contract_fits_and_loses_none() -> None:
    every = ContractCounts(
        added=1000,
        changed=1000,
        moved=1000,
        replaced=1000,
        returned=1000,
        missing=1000,
        delisted=1000,
        expired=1000,
    )
    stream = io.StringIO()
    console = Console(file=stream, width=80, color_system=None)
    console.print(recorded_runs_view([a_run(every), a_run(ContractCounts(expired=None))]).table())
    lines = stream.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    for message in ("12345", "named refresh", "interrupted", *every.words_of_changes()):
        assert message in " ".join(stream.getvalue().split())
