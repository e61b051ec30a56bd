"""A file with dates of deliveries, as a person names it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ibkr_sync.domain.errors import DeliveryFileError

if TYPE_CHECKING:
    from ibkr_sync.interchange.delivery_files.reading import DeliveryFile

_MAX_BYTES = 32 * 1024 * 1024


def read_delivery_import(path: Path) -> DeliveryFile:
    """Read a file; raises DeliveryFileError with the place of the first problem."""
    from ibkr_sync.interchange.delivery_files.reading import read_delivery_file
    from ibkr_sync.interchange.document_fields import InvalidDocumentError
    from ibkr_sync.interchange.text_file import read_text_file

    text = read_text_file(path, DeliveryFileError, max_bytes=_MAX_BYTES)
    try:
        return read_delivery_file(text)
    except InvalidDocumentError as error:
        raise DeliveryFileError(str(path), error.path or None, error.detail) from error


def day_of_import(path: Path, typed: date | None, today: date) -> date:
    """The day that a file is of: as typed, else when it was last written, no later than today."""
    if typed is not None:
        if typed > today:
            raise typer.BadParameter(f"{typed} is in the future", param_hint="'--dated'")
        return typed
    written = datetime.fromtimestamp(path.stat().st_mtime, UTC).date()
    return min(written, today)
