"""`db`: the database itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from ibkr_sync_cli.commands.upkeep.database.backup import backup
from ibkr_sync_cli.commands.upkeep.database.copy import copy
from ibkr_sync_cli.commands.upkeep.database.prune import prune
from ibkr_sync_cli.commands.upkeep.database.renormalise import renormalise
from ibkr_sync_cli.commands.upkeep.database.restore import restore
from ibkr_sync_cli.invocation import Call, call_of

if TYPE_CHECKING:
    from ibkr_sync.domain.ports.raw_replies import RawReplyUsage

app = typer.Typer(
    help="The database: its state and schema, copies and backups of it, its raw replies.",
    no_args_is_help=True,
)


@app.command("status")
def database_status(
    context: typer.Context,
) -> None:
    """Show where the database is, whether it is sound and current, and what it takes."""
    from ibkr_sync.bootstrap.database import refuse_damage, schema_status
    from ibkr_sync_cli.views.database.database_state import DatabaseState, database_view

    call = call_of(context)
    found = schema_status(call.profile)
    refuse_damage(call.profile)
    replies, size = _taken(call) if found.is_current else (None, None)
    state = DatabaseState(
        profile=call.loaded.settings.profile,
        database=call.database_name,
        revision=found.current,
        needed=found.head,
        replies=replies,
        size=size,
    )
    call.output.write(database_view(state), call.wanted)
    if state.word == "behind":
        call.output.remark(f"next:  {call.output.command('db', 'upgrade')}")


@app.command("upgrade")
def upgrade_database(context: typer.Context) -> None:
    """Bring the schema to what this version needs; an existing file is backed up first."""
    from ibkr_sync.bootstrap.database import upgrade_schema

    call = call_of(context)
    done = upgrade_schema(call.profile)
    if done.before == done.after:
        done_now = "its views were made anew" if done.made_views else "nothing to do"
        call.output.write_text(f"schema {done.after} is current, {done_now}")
        return
    call.output.write_text(f"schema {done.before or 'empty'} → {done.after}")
    if done.backup:
        call.output.remark(f"backup: {done.backup}")


app.command()(copy)
app.command()(backup)
app.command()(restore)
app.command()(renormalise)
app.command()(prune)


def _taken(call: Call) -> tuple[RawReplyUsage, int]:
    """What the raw replies take, and the bytes of the whole database."""
    with call.services() as services:
        return services.raw_replies.usage(), services.raw_replies.database_size()
