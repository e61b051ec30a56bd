"""`runs`: what was recorded of runs."""

from __future__ import annotations

from typing import Annotated

import typer

from ibkr_sync.domain.errors import UnknownRunError
from ibkr_sync_cli.invocation import call_of


def runs(
    context: typer.Context,
    last: Annotated[
        int, typer.Option("--last", help="How many, the newest first.", metavar="N", min=1)
    ] = 10,
    run_id: Annotated[
        int | None,
        typer.Option("--run", help="What came of each product of this run.", metavar="ID"),
    ] = None,
) -> None:
    """List the runs that asked for data, with how each ended, or the products of one run."""
    from ibkr_sync_cli.terminal.notices import write_nothing_notice
    from ibkr_sync_cli.views.runs.recorded_runs import recorded_run_view, recorded_runs_view

    call = call_of(context)
    output = call.output
    with call.reading() as services:
        if run_id is None:
            recorded = services.runs.last_runs(min(last, _MOST))
            output.write(recorded_runs_view(recorded), call.wanted)
            if not recorded:
                write_nothing_notice(output, "was recorded yet")
            return
        run = services.runs.run(run_id)
        products = services.runs.products_of(run_id)
    if run is None:
        raise UnknownRunError(run_id)
    output.write(recorded_run_view(run, products), call.wanted)


_MOST = 1_000_000
"""More than one run a minute in a year."""
