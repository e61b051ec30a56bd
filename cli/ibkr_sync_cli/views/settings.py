"""Settings, their origins, and other short lists of facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.text import Text

from ibkr_sync_cli.terminal.output import Result
from ibkr_sync_cli.views.cells import plain_table

if TYPE_CHECKING:
    from ibkr_sync.config.files import ConfigLocation
    from ibkr_sync.config.resolution import ExplainedValue


def facts_result(
    schema: str,
    facts: Mapping[str, str | int | bool | None],
    shown: Mapping[str, str | None] | None = None,
) -> Result:
    """A few named facts, a line each; `shown` is what people read, if it is not the facts."""
    texts = {name: _text(value) for name, value in facts.items()}
    return Result(
        table=lambda: _two_columns(texts if shown is None else shown),
        document=lambda: {"schema": schema, **facts},
        records=lambda: [dict(facts)],
        columns=tuple(facts),
        rows=lambda: [{name: value or "" for name, value in texts.items()}],
    )


def _text(value: str | int | bool | None) -> str | None:
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def settings_result(values: Sequence[ExplainedValue]) -> Result:
    """Settings with their values and where each was set."""
    records: list[dict[str, str | None]] = [
        {"key": each.key, "value": each.value, "where": each.where} for each in values
    ]
    return _records_result(
        "ibkr-sync/settings/1", "settings", ("Setting", "Value", "Set by"), records
    )


def locations_result(locations: Sequence[ConfigLocation]) -> Result:
    """Where config files are looked for."""
    records: list[dict[str, str | None]] = [
        {
            "path": str(each.path),
            "chosen_by": each.chosen_by,
            "exists": "yes" if each.exists else "no",
        }
        for each in locations
    ]
    return _records_result(
        "ibkr-sync/config-files/1", "files", ("File", "Looked for by", "Exists"), records
    )


def _records_result(
    schema: str, name: str, headings: Sequence[str], records: list[dict[str, str | None]]
) -> Result:
    def table() -> RenderableType:
        drawn = plain_table(*((heading, False) for heading in headings))
        for column in drawn.columns:
            column.overflow, column.no_wrap = "fold", False
        for record in records:
            drawn.add_row(*(Text(value or "-") for value in record.values()))
        return drawn

    return Result(
        table=table,
        document=lambda: {"schema": schema, name: records},
        records=lambda: records,
        columns=tuple(records[0]) if records else (),
        rows=lambda: [{key: value or "" for key, value in each.items()} for each in records],
    )


def _two_columns(facts: Mapping[str, str | None]) -> RenderableType:
    drawn = plain_table(("", False), ("", False))
    drawn.show_header = False
    drawn.columns[1].overflow, drawn.columns[1].no_wrap = "fold", False
    for name, value in facts.items():
        drawn.add_row(Text(name, style="dim"), Text(value or "-"))
    return drawn
