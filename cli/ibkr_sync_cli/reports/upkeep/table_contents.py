"""What was copied, backed up or restored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ibkr_sync_cli.views.database.table_contents import table_contents_sentence, table_contents_view

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ibkr_sync.domain.databases.table_contents import TableContents
    from ibkr_sync_cli.invocation import Call


def report_contents(
    call: Call,
    contents: Sequence[TableContents],
    schema: str,
    places: Mapping[str, str | None],
    done: str,
) -> None:
    """Show the tables, unless it is to be quiet and no format was asked for, and what was done.

    `places` says from where and to where, for JSON.
    """
    if not (call.output.quiet and call.explicit_format is None):
        call.output.write(table_contents_view(contents, schema, places), call.wanted)
    call.output.remark(table_contents_sentence(contents, done))
