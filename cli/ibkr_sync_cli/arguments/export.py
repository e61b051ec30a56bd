"""Where an export is written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import typer

from ibkr_sync.interchange.exports.formats import FORMATS, ExportTarget, FormatName
from ibkr_sync_cli.invocation import Call, refuse_database
from ibkr_sync_cli.terminal.result_file import parse_result_file, refuse_folder

_HINT = "'--output' / '-o'"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportPlace:
    """Where an export is written: a file, a folder, or stdout where `path` is None."""

    path: Path | None
    is_folder: bool


def place_of_export(call: Call, name: FormatName, typed: str | None) -> ExportPlace:
    """Where a format is written; raises BadParameter where that is not possible."""
    path = parse_result_file(typed)
    target = FORMATS[name].target
    if path is None:
        if target is not ExportTarget.TEXT_FILE:
            what = "a folder" if target is ExportTarget.FOLDER else "a file"
            raise typer.BadParameter(f"--to {name} writes {what}: add -o PATH", param_hint=_HINT)
        return ExportPlace(path=None, is_folder=False)
    refuse_database(path, call.profile.database_file)
    if target is not ExportTarget.FOLDER:
        refuse_folder(path)
    elif path.exists() and not path.is_dir():
        raise typer.BadParameter(f"{typed!r} is no folder", param_hint=_HINT)
    return ExportPlace(path=path, is_folder=target is ExportTarget.FOLDER)
