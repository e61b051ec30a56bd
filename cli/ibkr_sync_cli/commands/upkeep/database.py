"""`db`: the database itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from ibkr_sync_cli.arguments import options
from ibkr_sync_cli.commands.upkeep.prune import prune
from ibkr_sync_cli.commands.upkeep.renormalise import renormalise
from ibkr_sync_cli.invocation import Invocation, invocation_of

if TYPE_CHECKING:
    from ibkr_sync.domain.ports.raw_replies import RawReplyUsage

app = typer.Typer(
    help="The database: its state, its schema and its raw replies.", no_args_is_help=True
)


@app.command()
def status(
    context: typer.Context,
    format: options.Format = None,  # noqa: A002 - the option's name
    json: options.Json = False,
) -> None:
    """Tell where the database is, whether it is sound and current, and what it takes."""
    from ibkr_sync.bootstrap import refuse_damage, schema_status
    from ibkr_sync_cli.views.database import DatabaseState, state_result

    invocation = invocation_of(context)
    wanted = invocation.wanted_format(format, json=json)
    found = schema_status(invocation.profile)
    refuse_damage(invocation.profile)
    replies, size = _taken(invocation) if found.is_current else (None, None)
    state = DatabaseState(
        profile=invocation.loaded.settings.profile,
        database=invocation.database_name,
        revision=found.current,
        needed=found.head,
        replies=replies,
        size=size,
    )
    invocation.output.write(state_result(state), wanted)
    if state.word == "behind":
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


app.command()(renormalise)
app.command()(prune)


def _taken(invocation: Invocation) -> tuple[RawReplyUsage, int]:
    """What the raw replies take, and the bytes of the whole database."""
    from ibkr_sync.bootstrap import bootstrap
    from ibkr_sync.domain.entities.futures import Future

    invocation.flag(source="local")
    with bootstrap(invocation.profile, Future) as services:
        return services.raw_replies.usage(), services.raw_replies.database_size()
