"""What was copied, backed up or restored: the tables, with the checksums of their rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ibkr_sync.domain.databases.table_contents import TableContents
from ibkr_sync_cli.terminal.output import Result
from ibkr_sync_cli.units.quantities import quantity_of
from ibkr_sync_cli.views.records import records_view
from ibkr_sync_cli.views.tables import TableColumn, items_table

_COLUMNS = ("table", "rows", "sha256")


def table_contents_view(
    contents: Sequence[TableContents], schema: str, head: Mapping[str, str | None]
) -> Result:
    """The tables in every format; JSON has `head` as well, which says what came of which."""
    columns: list[TableColumn[TableContents] | None] = [
        TableColumn("Table", lambda found: found.table),
        TableColumn("Rows", lambda found: found.rows, right=True),
        TableColumn("SHA-256", lambda found: found.sha256, fit="cut"),
    ]
    return records_view(
        contents,
        lambda found: {name: getattr(found, name) for name in _COLUMNS},
        _COLUMNS,
        lambda: items_table(contents, columns),
        schema=schema,
        name="tables",
        head=head,
    )


def table_contents_sentence(contents: Sequence[TableContents], done: str) -> str:
    """How many rows of how many tables it was done to."""
    rows = quantity_of(sum(found.rows for found in contents), "row")
    return f"{rows} of {quantity_of(len(contents), 'table')} {done}"
