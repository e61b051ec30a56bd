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

    try:
        if not path.is_file():
            raise DeliveryFileError(str(path), None, "is no regular file")
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
        if len(content) > _MAX_BYTES:
            raise DeliveryFileError(str(path), None, f"is larger than {_MAX_BYTES // 1024**2} MiB")
        return read_delivery_file(content.decode("utf-8-sig"))
    except InvalidDocumentError as error:
        raise DeliveryFileError(str(path), error.path or None, error.detail) from error
    except UnicodeDecodeError as error:
        raise DeliveryFileError(str(path), f"byte {error.start}", "is not UTF-8 text") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = error.strerror if isinstance(error, OSError) else None
        raise DeliveryFileError(str(path), None, reason or str(error)) from error


def day_of_import(path: Path, typed: date | None, today: date) -> date:
    """The day that a file is of: as typed, else when it was last written, no later than today."""
    if typed is not None:
        if typed > today:
            raise typer.BadParameter(f"{typed} is in the future", param_hint="'--dated'")
        return typed
    written = datetime.fromtimestamp(path.stat().st_mtime, UTC).date()
    return min(written, today)
