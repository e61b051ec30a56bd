"""`doctor`: what keeps runs from succeeding."""

from __future__ import annotations

import typer

from ibkr_sync_cli.arguments import options
from ibkr_sync_cli.invocation import invocation_of


def doctor(
    context: typer.Context,
    host: options.Host = None,
    port: options.Port = None,
    client_id: options.ClientId = None,
) -> None:
    """Look for what keeps runs from succeeding, from Python to IBKR, and say how to fix it.

    Nothing is written and no run is kept out. The gateway is asked for one product; where the
    profile has no gateway, that of profile ibkr. The exit code is that of the first failure.
    """
    from ibkr_sync.bootstrap.diagnosis import diagnosis
    from ibkr_sync_cli.arguments.diagnosed_settings import diagnosed_settings
    from ibkr_sync_cli.reports.diagnosis import report_diagnosis

    invocation = invocation_of(context)
    found = diagnosed_settings(context, host=host, port=port, client_id=client_id)
    with diagnosis(found.facts, found.profile, found.gateway, found.notify) as service:
        code = report_diagnosis(invocation.output, service.findings(), found.wanted)
    raise typer.Exit(code)
