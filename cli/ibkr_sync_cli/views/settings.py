"""Settings, where each was set, and where config files are looked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ibkr_sync_cli.terminal.output import Result
from ibkr_sync_cli.views.records import Record, records_view
from ibkr_sync_cli.views.tables import TableColumn, items_table

if TYPE_CHECKING:
    from ibkr_sync.config.config_files import ConfigLocation
    from ibkr_sync.config.settings_resolution import ResolvedSetting


def settings_view(values: Sequence[ResolvedSetting]) -> Result:
    """Settings with their values and where each was set."""
    return _records_result(
        [{"key": other.key, "value": other.value, "where": other.where} for other in values],
        {"key": "Setting", "value": "Value", "where": "Set by"},
        schema="ibkr-sync/settings/1",
        name="settings",
    )


def settings_files_view(locations: Sequence[ConfigLocation]) -> Result:
    """Where config files are looked for."""
    records = [
        {
            "path": str(location.path),
            "chosen_by": location.chosen_by,
            "exists": "yes" if location.exists else "no",
        }
        for location in locations
    ]
    return _records_result(
        records,
        {"path": "File", "chosen_by": "Looked for by", "exists": "Exists"},
        schema="ibkr-sync/config-files/1",
        name="files",
    )


def _records_result(
    records: Sequence[Record], headings: Mapping[str, str], *, schema: str, name: str
) -> Result:
    columns = [_folded(key, heading) for key, heading in headings.items()]
    return records_view(
        *(records, lambda record: record, tuple(headings), lambda: items_table(records, columns)),
        schema=schema,
        name=name,
    )


def _folded(key: str, heading: str) -> TableColumn[Record]:
    return TableColumn(heading, lambda record: record[key] or None, fit="fold")
