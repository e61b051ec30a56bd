"""The file of a backup: one to write, or one to read."""

from __future__ import annotations

from pathlib import Path

import typer

from ibkr_sync.config.database_paths import is_of_database
from ibkr_sync_cli.terminal.result_file import reachable

_FILE = "'FILE'"


def parse_new_backup(typed: str, database: Path | None) -> Path:
    """The file to write, links followed; raises BadParameter where it can't be made.

    `database` is the file of the database; None for a server.
    """
    with reachable(typed, _FILE):
        path = _followed(typed, database)
        _refuse_place(typed, path)
    return path


def parse_backup(typed: str, database: Path | None) -> Path:
    """The file to read, links followed; raises BadParameter where there is none."""
    with reachable(typed, _FILE):
        path = _followed(typed, database)
        is_file, is_there = path.is_file(), path.exists()
    if not is_file:
        lack = "is not a file" if is_there else "does not exist"
        raise typer.BadParameter(f"{typed!r} {lack}", param_hint=_FILE)
    return path


def _refuse_place(typed: str, path: Path) -> None:
    if not path.parent.is_dir():
        refusal = f"the folder {str(path.parent)!r} does not exist"
        raise typer.BadParameter(refusal, param_hint=_FILE)
    if path.exists() and not path.is_file():
        raise typer.BadParameter(f"{typed!r} is not a file", param_hint=_FILE)


def _followed(typed: str, database: Path | None) -> Path:
    path = Path(typed).expanduser().resolve()
    if database is not None and is_of_database(database, path):
        refusal = f"{typed!r} is the database, or a file beside it"
        raise typer.BadParameter(refusal, param_hint=_FILE)
    return path
