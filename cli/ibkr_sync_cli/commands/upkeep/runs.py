"""`runs`: what was recorded of runs."""

from __future__ import annotations

from typing import Annotated

import typer

from ibkr_sync_cli.arguments import options
from ibkr_sync_cli.invocation import invocation_of
from ibkr_sync_cli.messages.exit_codes import ExitCode


def runs(
    context: typer.Context,
    last: Annotated[
        int, typer.Option("--last", help="How many, the newest first.", metavar="N", min=1)
    ] = 10,
    run_id: Annotated[
        int | None,
        typer.Option("--run", help="What came of each product of this run.", metavar="ID"),
    ] = None,
    format: options.Format = None,  # noqa: A002 - the option's name
    json: options.Json = False,
) -> None:
    """List the runs that asked for data, with how each ended, or the products of one run."""
    from ibkr_sync.bootstrap import bootstrap
    from ibkr_sync.domain.entities.futures import Future
    from ibkr_sync_cli.views.runs.run_list import run_result, runs_result

    invocation = invocation_of(context)
    invocation.flag(source="local")
    output, wanted = invocation.output, invocation.wanted_format(format, json=json)
    with bootstrap(invocation.profile, Future) as services:
        if run_id is None:
            recorded = services.runs.last_runs(min(last, _MOST))
            result = runs_result(recorded)
        else:
            run = services.runs.run(run_id)
            if run is None:
                command = output.command("runs")
                output.complain(f"There is no run {run_id}.", f"See which there are: {command}")
                raise typer.Exit(ExitCode.NOT_FOUND)
            result = run_result(run, services.runs.products_of(run_id))
    output.write(result, wanted)
    if run_id is None and not recorded:
        output.remark("Nothing was recorded yet.")


_MOST = 1_000_000
"""More than one run a minute in a year."""
