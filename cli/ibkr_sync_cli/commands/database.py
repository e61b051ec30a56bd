"""`db`: the database itself."""

from __future__ import annotations

import typer

from ibkr_sync_cli import options
from ibkr_sync_cli.invocation import invocation_of

app = typer.Typer(help="The database: its state and its schema.", no_args_is_help=True)


@app.command()
def status(
    context: typer.Context,
    format: options.Format = None,  # noqa: A002 - the option's name
    json: options.Json = False,
) -> None:
    """Tell where the database is, and whether its schema is current."""
    from ibkr_sync.bootstrap import schema_status
    from ibkr_sync_cli.views.settings import facts_result

    invocation = invocation_of(context)
    wanted = invocation.wanted_format(format, json=json)
    found = schema_status(invocation.profile)
    state = "current" if found.is_current else "empty" if found.is_empty else "behind"
    facts = {
        "profile": invocation.loaded.settings.profile,
        "database": invocation.database_name,
        "revision": found.current,
        "needed": found.head,
        "state": state,
    }
    invocation.output.write(facts_result("ibkr-sync/db-status/1", facts), wanted)
    if state == "behind":
        invocation.output.remark(f"next:  {invocation.output.command('db', 'upgrade')}")


@app.command()
def upgrade(context: typer.Context) -> None:
    """Bring the schema to what this version needs; an existing file is backed up first."""
    from ibkr_sync.bootstrap import upgrade_schema

    invocation = invocation_of(context)
    done = upgrade_schema(invocation.profile)
    if done.before == done.after:
        invocation.output.write_text(f"schema {done.after} is current, nothing to do")
        return
    invocation.output.write_text(f"schema {done.before or 'empty'} → {done.after}")
    if done.backup:
        invocation.output.remark(f"backup: {done.backup}")
