"""The one place where failures of SQLAlchemy and its drivers become domain errors."""

from __future__ import annotations

import errno
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path

from sqlalchemy import exc

from ibkr_sync.domain.errors import (
    DatabaseDamagedError,
    DatabaseLockedError,
    DatabaseUnavailableError,
    ForeignDatabaseError,
    StorageError,
    UnavailableReason,
)
from ibkr_sync.infrastructure.repositories.local_repo.database.location import DatabaseLocation
from ibkr_sync.infrastructure.repositories.local_repo.database.permissions import (
    forbidden_path,
    why_forbidden,
)

_FULL = "the disk is full"

_SQLITE_VARIANTS: dict[int, tuple[type[StorageError], str]] = {
    sqlite3.SQLITE_IOERR_SHMSIZE: (
        DatabaseUnavailableError,
        f"{_FULL}: SQLite needs 32 KB beside the file, even to read it",
    ),
}
_SQLITE_ERRORS: dict[int, tuple[type[StorageError], str]] = {
    sqlite3.SQLITE_BUSY: (DatabaseLockedError, "another process keeps it locked"),
    sqlite3.SQLITE_LOCKED: (DatabaseLockedError, "another connection keeps it locked"),
    sqlite3.SQLITE_CANTOPEN: (DatabaseUnavailableError, "the file can't be opened"),
    sqlite3.SQLITE_PERM: (DatabaseUnavailableError, "permission denied"),
    sqlite3.SQLITE_AUTH: (DatabaseUnavailableError, "permission denied"),
    sqlite3.SQLITE_READONLY: (DatabaseUnavailableError, "it is read-only"),
    sqlite3.SQLITE_IOERR: (DatabaseUnavailableError, "the disk failed"),
    sqlite3.SQLITE_FULL: (DatabaseUnavailableError, _FULL),
    sqlite3.SQLITE_PROTOCOL: (DatabaseLockedError, "its locks are contended"),
    sqlite3.SQLITE_NOTADB: (ForeignDatabaseError, "the file is not a database"),
    sqlite3.SQLITE_CORRUPT: (DatabaseDamagedError, "its pages make no sense"),
}

_INCOMPLETE = (DatabaseDamagedError, "its schema is not whole")
_SQLITE_INCOMPLETE = re.compile(r"no such (table|column): |table \S+ has no column named ")
"""What SQLite says of a table or column that was dropped; its code is that of any other error."""

_LOCK_NOT_AVAILABLE = "another session keeps it locked"
_NO_PERMISSION = "permission denied"
_WRONG_URL = "its URL is not understood"
_WRONG_OPTION = re.compile(
    r"invalid connection option|invalid \S+ value: |bad value for |non-integer port "
)
"""What the driver says of options in a URL, without a code."""
_REASONS = {
    _NO_PERMISSION: UnavailableReason.FORBIDDEN,
    _WRONG_URL: UnavailableReason.WRONG_URL,
}
_POSTGRES_ERRORS: dict[str, tuple[type[StorageError], str]] = {
    "55P03": (DatabaseLockedError, _LOCK_NOT_AVAILABLE),
    "40P01": (DatabaseLockedError, _LOCK_NOT_AVAILABLE),
    "40001": (DatabaseLockedError, _LOCK_NOT_AVAILABLE),
    "57014": (DatabaseLockedError, "the server cancelled a statement that took too long"),
    "25006": (DatabaseUnavailableError, "the server is read-only"),
    "42501": (DatabaseUnavailableError, _NO_PERMISSION),
    "3D000": (DatabaseUnavailableError, "the server has no such database"),
    "42P01": _INCOMPLETE,
    "42703": _INCOMPLETE,
    "3F000": (DatabaseUnavailableError, "the database has no such schema"),
}
_POSTGRES_CLASSES: dict[str, tuple[type[StorageError], str]] = {
    "08": (DatabaseUnavailableError, "the connection to the server broke"),
    "28": (DatabaseUnavailableError, "the server refused the login"),
    "53": (DatabaseUnavailableError, "the server is out of resources"),
    "57": (DatabaseUnavailableError, "the server ended the session"),
    "58": (DatabaseUnavailableError, "the server's disk failed"),
}

DBAPI_ERRORS: dict[type[exc.DBAPIError], tuple[type[StorageError], str]] = {
    exc.InterfaceError: (DatabaseUnavailableError, "the driver failed"),
    exc.OperationalError: (DatabaseUnavailableError, "an operation failed"),
    exc.DatabaseError: (StorageError, "the database failed"),
    exc.DataError: (StorageError, "a value can't be stored"),
    exc.IntegrityError: (StorageError, "a row contradicts another"),
    exc.InternalError: (StorageError, "the database failed inside"),
    exc.ProgrammingError: (StorageError, "a statement does not fit the schema"),
    exc.NotSupportedError: (StorageError, "the database lacks a feature"),
    exc.DBAPIError: (StorageError, "the database failed"),
}
"""What each kind of driver error means when the driver gives no code of its own."""


@contextmanager
def translated_failures(location: DatabaseLocation) -> Iterator[None]:
    """Turn whatever SQLAlchemy, a driver or the file system raises into a StorageError.

    Messages are redacted; the original stays as the cause, for `--debug`.
    """
    try:
        yield
    except UnicodeDecodeError as error:
        # sqlite3 can't even report an error that quotes what damage left of the schema.
        raise DatabaseDamagedError(location.name, "its text is not UTF-8") from error
    except (exc.SQLAlchemyError, sqlite3.Error, OSError) as error:
        kind, meaning = _classify(error)
        detail = location.redact(_detail(meaning, error))
        if kind is DatabaseUnavailableError:
            reason, path = _reason(location, meaning)
            raise DatabaseUnavailableError(
                location.name, detail, reason=reason, path=None if path is None else str(path)
            ) from error
        raise kind(location.name, detail) from error


def _reason(
    location: DatabaseLocation, meaning: str
) -> tuple[UnavailableReason | None, Path | None]:
    """Why a database is unavailable, and the file or folder that this is about."""
    if location.url is not None:
        return _REASONS.get(meaning), None
    if location.path is None:
        return None, None
    forbidden = forbidden_path(location.path)
    if forbidden is not None:
        return why_forbidden(forbidden), forbidden
    if meaning.startswith(_FULL):
        return UnavailableReason.FULL, location.path.parent
    return None, None


def _classify(error: Exception) -> tuple[type[StorageError], str]:
    original = error.orig if isinstance(error, exc.DBAPIError) else error
    by_code = _by_code(original)
    if by_code is not None:
        return by_code
    match error:
        case exc.DisconnectionError() | exc.DBAPIError(connection_invalidated=True):
            return DatabaseUnavailableError, "the connection to the server broke"
        case exc.DBAPIError():
            return DBAPI_ERRORS.get(type(error), DBAPI_ERRORS[exc.DBAPIError])
        case exc.TimeoutError():
            return DatabaseLockedError, "all its connections are in use"
        case OSError():
            is_full = error.errno == errno.ENOSPC
            meaning = _FULL if is_full else "an operation on its file failed"
            return DatabaseUnavailableError, meaning
    return StorageError, "the database failed"


def _by_code(original: BaseException | None) -> tuple[type[StorageError], str] | None:
    if isinstance(original, sqlite3.Error):
        # The low byte is the primary code, the rest is its variant. Errors that the
        # Python layer raises by itself carry none.
        code = getattr(original, "sqlite_errorcode", 0)
        if code == sqlite3.SQLITE_ERROR and _SQLITE_INCOMPLETE.match(str(original)):
            return _INCOMPLETE
        return _SQLITE_VARIANTS.get(code) or _SQLITE_ERRORS.get(code & 0xFF)
    state = getattr(original, "sqlstate", None) or ""
    if not state and _WRONG_OPTION.search(str(original)):
        return DatabaseUnavailableError, _WRONG_URL
    return _POSTGRES_ERRORS.get(state) or _POSTGRES_CLASSES.get(state[:2])


def _detail(meaning: str, error: Exception) -> str:
    match error:
        case exc.DBAPIError(orig=BaseException() as original):
            said = str(original)
        case OSError(strerror=str() as said, filename=str() | PathLike() as path):
            said = f"{path}: {said}"
        case _:
            said = str(error)
    lines = said.strip().splitlines()
    return f"{meaning} ({lines[0]})" if lines else meaning
