"""What is to be exported, and where to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from ibkr_sync.interchange.exports.formats import FORMATS, ExportTarget, FormatName
from ibkr_sync_cli.invocation import Call, refuse_database
from ibkr_sync_cli.terminal.columns import refuse_columns
from ibkr_sync_cli.terminal.result_file import parse_result_file, refuse_folder

if TYPE_CHECKING:
    from ibkr_sync.application.services.export import ExportMoment
    from ibkr_sync.domain.naming.limits import Limits

_HINT = "'--output' / '-o'"

_ENDINGS: Final = {
    FormatName.CSV: (".csv",),
    FormatName.JSONL: (".jsonl", ".ndjson", ".json"),
    FormatName.PARQUET: (".parquet",),
}
"""What files of a format end in; no other format is written into such a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRequest:
    """What is asked of an export.

    Attributes:
        symbols: none for all that is stored.
        path: where it is written; None for stdout.
        corrects: whether a file of the user's is to be corrected.
        allows_collisions: whether it is no failure that of two with one name one is written.
    """

    format: FormatName
    symbols: tuple[str, ...]
    limits: Limits
    moment: ExportMoment
    path: Path | None
    corrects: bool = False
    allows_collisions: bool = False

    @property
    def target(self) -> ExportTarget:
        """What is written."""
        return FORMATS[self.format].target


def path_of_export(
    call: Call, name: FormatName, typed: str | None, *, corrects: bool
) -> Path | None:
    """Where a format is written; raises BadParameter where that is not possible."""
    path = parse_result_file(typed)
    target = FORMATS[name].target
    if target is not ExportTarget.USERS_FILE:
        _refuse_options_of_review(call, name, corrects=corrects)
    if path is None:
        if target is ExportTarget.TEXT_FILE:
            return None
        what = "a folder" if target is ExportTarget.FOLDER else "a file"
        raise typer.BadParameter(f"--to {name} needs {what}: add -o PATH", param_hint=_HINT)
    refuse_database(path, call.profile.database_file)
    if target is not ExportTarget.FOLDER:
        refuse_folder(path)
        _refuse_ending(name, path)
    elif path.exists() and not path.is_dir():
        raise typer.BadParameter(f"{typed!r} is no folder", param_hint=_HINT)
    return path


def _refuse_ending(name: FormatName, path: Path) -> None:
    """Raise BadParameter for a file that another format's readers would take for theirs."""
    ending = path.suffix.lower()
    promised = {other: known for known, endings in _ENDINGS.items() for other in endings}
    if name in _ENDINGS and promised.get(ending, name) is not name:
        refusal = f"{ending} promises another format than --to {name}"
        raise typer.BadParameter(refusal, param_hint=_HINT)


def _refuse_options_of_review(call: Call, name: FormatName, *, corrects: bool) -> None:
    """Raise BadParameter for options of a result that is shown, as that of a review is."""
    if corrects:
        raise typer.BadParameter(f"--to {name} corrects no file of yours", param_hint="'--yes'")
    if call.output.columns:
        refuse_columns("an export has them all")
    if call.explicit_format is not None:
        raise typer.BadParameter(f"it is --to {name} that says the format", param_hint="'--format'")
