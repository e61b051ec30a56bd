"""The day that a file with dates of deliveries is of, as a person gives it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import typer

from ibkr_sync.interchange.delivery_files import file_on_disk


def day_of_import(path: Path, typed: date | None, today: date) -> date:
    """The day of the file (see `file_on_disk.day_of_import`); raises BadParameter."""
    try:
        return file_on_disk.day_of_import(path, typed, today)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="'--dated'") from None
