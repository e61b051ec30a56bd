"""A file with dates of deliveries on disk, and the day that it is of."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from ibkr_sync.domain.errors import DeliveryFileError
from ibkr_sync.interchange.delivery_files.reading import DeliveryFile, read_delivery_file
from ibkr_sync.interchange.document_fields import InvalidDocumentError
from ibkr_sync.interchange.files.text_file import read_text_file

_MAX_BYTES: Final = 32 * 1024 * 1024


def read_delivery_import(path: Path) -> DeliveryFile:
    """Read a file; raises DeliveryFileError with the place of the first problem."""
    text = read_text_file(path, DeliveryFileError, max_bytes=_MAX_BYTES)
    try:
        return read_delivery_file(text)
    except InvalidDocumentError as error:
        raise DeliveryFileError(str(path), error.path or None, error.detail) from error


def day_of_import(path: Path, dated: date | None, today: date) -> date:
    """The day that a file is of: as given, else when it was last written, no later than today.

    Raises ValueError for a day in the future.
    """
    if dated is not None:
        if dated > today:
            raise ValueError(f"{dated} is in the future")
        return dated
    written = datetime.fromtimestamp(path.stat().st_mtime, UTC).date()
    return min(written, today)
