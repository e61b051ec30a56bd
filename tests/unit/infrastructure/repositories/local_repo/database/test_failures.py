import errno
import sqlite3
from collections.abc import Iterator
from typing import TypeVar

import psycopg
import pytest
from psycopg import errors as pg
from sqlalchemy import exc

from ibkr_sync.domain.errors import (
    DatabaseDamagedError,
    DatabaseLockedError,
    DatabaseUnavailableError,
    ForeignDatabaseError,
    StorageError,
    UnavailableReason,
)
from ibkr_sync.infrastructure.repositories.local_repo.database.failures import (
    DBAPI_ERRORS,
    translated_failures,
)
from ibkr_sync.infrastructure.repositories.local_repo.database.location import locate_database
from one_case import one_case

T = TypeVar("T")
DATABASE = locate_database("postgresql://me:hunter2@db.example/futures")


def subclasses(cls: type[T]) -> Iterator[type[T]]:
    for subclass in cls.__subclasses__():
        yield subclass
        yield from subclasses(subclass)


def raised_for(error: Exception) -> StorageError:
    with pytest.raises(StorageError) as caught, translated_failures(DATABASE):
        raise error
    assert caught.value.__cause__ is error
    return caught.value


def test_every_kind_of_driver_error_that_sqlalchemy_knows_is_mapped() -> None:
    ours = {
        subclass
        for subclass in subclasses(exc.DBAPIError)
        if subclass.__module__ == "sqlalchemy.exc"
    }
    assert ours | {exc.DBAPIError} == DBAPI_ERRORS.keys()


OTHER_ERRORS = {
    subclass
    for subclass in subclasses(exc.SQLAlchemyError)
    if not issubclass(subclass, exc.StatementError)
}


@one_case("kind", sorted(OTHER_ERRORS, key=str))
def test_every_other_error_of_sqlalchemy_becomes_a_storage_error(kind: type[Exception]) -> None:
    error = kind.__new__(kind)
    Exception.__init__(error, "went wrong")
    error.code = None  # type: ignore[attr-defined]
    raised_for(error)


@one_case("kind", sorted(DBAPI_ERRORS, key=str))
def test_a_driver_error_without_code_is_reported_by_its_kind(kind: type[exc.DBAPIError]) -> None:
    error = raised_for(kind("SELECT 1", {}, Exception("went wrong")))
    expected, meaning = DBAPI_ERRORS[kind]
    assert type(error) is expected
    assert error.detail == f"{meaning} (went wrong)"


@one_case(
    ("code", "expected"),
    [
        (sqlite3.SQLITE_BUSY, DatabaseLockedError),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, DatabaseLockedError),
        (sqlite3.SQLITE_LOCKED, DatabaseLockedError),
        (sqlite3.SQLITE_CANTOPEN, DatabaseUnavailableError),
        (sqlite3.SQLITE_READONLY_DIRECTORY, DatabaseUnavailableError),
        (sqlite3.SQLITE_IOERR_FSYNC, DatabaseUnavailableError),
        (sqlite3.SQLITE_FULL, DatabaseUnavailableError),
        (sqlite3.SQLITE_NOTADB, ForeignDatabaseError),
        (sqlite3.SQLITE_CORRUPT, DatabaseDamagedError),
    ],
)
@one_case("is_wrapped", [True, False])
def test_an_error_of_sqlite_is_reported_by_its_code(
    code: int, expected: type[StorageError], is_wrapped: bool
) -> None:
    original = sqlite3.OperationalError("it said so")
    original.sqlite_errorcode = code
    error = raised_for(exc.OperationalError("SELECT 1", {}, original) if is_wrapped else original)
    assert type(error) is expected
    assert "it said so" in error.detail


def test_no_room_for_what_sqlite_keeps_beside_a_file_is_no_failure_of_the_disk() -> None:
    """In WAL mode readers share an index of the log, in a file of 32 KB at least."""
    original = sqlite3.OperationalError("disk I/O error")
    original.sqlite_errorcode = sqlite3.SQLITE_IOERR_SHMSIZE
    error = raised_for(original)
    assert type(error) is DatabaseUnavailableError
    assert error.detail.startswith("the disk is full: ")


@one_case(
    ("original", "expected"),
    [
        (pg.LockNotAvailable, DatabaseLockedError),
        (pg.DeadlockDetected, DatabaseLockedError),
        (pg.QueryCanceled, DatabaseLockedError),
        (pg.ReadOnlySqlTransaction, DatabaseUnavailableError),
        (pg.InsufficientPrivilege, DatabaseUnavailableError),
        (pg.InvalidPassword, DatabaseUnavailableError),
        (pg.AdminShutdown, DatabaseUnavailableError),
        (pg.TooManyConnections, DatabaseUnavailableError),
        (pg.InvalidCatalogName, DatabaseUnavailableError),
        (pg.ConnectionFailure, DatabaseUnavailableError),
        (pg.UndefinedTable, DatabaseDamagedError),
        (pg.UndefinedColumn, DatabaseDamagedError),
    ],
)
def test_an_error_of_postgresql_is_reported_by_its_state(
    original: type[psycopg.Error], expected: type[StorageError]
) -> None:
    error = raised_for(exc.OperationalError("SELECT 1", {}, original("it said so")))
    assert type(error) is expected


def test_an_error_of_the_file_system_names_the_file() -> None:
    error = raised_for(OSError(errno.EACCES, "Permission denied", "/data/futures.db.lock"))
    assert type(error) is DatabaseUnavailableError
    assert "/data/futures.db.lock: Permission denied" in error.detail


@one_case(
    "said",
    [
        'invalid connection option "bogus"',
        'connection is bad: invalid sslmode value: "all"',
        "bad value for connect_timeout: 'soon'",
        "Received non-integer port arguments: ('3a',)",
    ],
)
def test_a_wrong_option_of_a_url_is_no_server_that_is_down(said: str) -> None:
    error = raised_for(exc.ProgrammingError("", {}, psycopg.ProgrammingError(said)))
    assert isinstance(error, DatabaseUnavailableError)
    assert error.reason is UnavailableReason.WRONG_URL


def test_a_message_never_holds_the_password_nor_more_than_one_line() -> None:
    original = psycopg.OperationalError("bad password hunter2\nDETAIL: row (1, 2)")
    error = raised_for(exc.OperationalError("SELECT 1", {}, original))
    assert "hunter2" not in str(error)
    assert "DETAIL" not in str(error)


def test_errors_of_the_domain_pass_unchanged() -> None:
    error = ForeignDatabaseError("x", "y")
    with pytest.raises(ForeignDatabaseError) as caught, translated_failures(DATABASE):
        raise error
    assert caught.value is error
