"""One run at a time per database, enforced by a lock that dies with its process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from ibkr_sync.domain.errors import AlreadyRunningError
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import FILE_MODE, Database
from ibkr_sync.infrastructure.repositories.local_repo.database.failures import translated_failures
from ibkr_sync.infrastructure.repositories.local_repo.database.file_identity import file_identity
from ibkr_sync.infrastructure.repositories.local_repo.database.lock_holder import refuses_sharing
from ibkr_sync.infrastructure.repositories.local_repo.database.permissions import (
    lock_file_of,
    refuse_unusable_lock,
)

_LONGEST_LOOK = 5.0
"""Seconds in which whoever looks whether a run is at work has looked, on the busiest machine."""

_TRY_LOCK = (
    "SELECT pg_try_advisory_lock(hashtext('ibkr-sync run'), hashtext(current_schema())) IS TRUE"
)


@contextmanager
def run_lock(database: Database) -> Iterator[None]:
    """Hold the database's run lock; raises AlreadyRunningError at once if another holds it.

    A SQLite file is locked by a file beside it, whose contents mean nothing; a server by an
    advisory lock of one session, which ends with it.
    """
    if database.location.is_memory:
        held = _memory_lock(database)
    elif database.path is not None:
        held = _file_lock(database, database.path)
    else:
        held = _session_lock(database)
    with held:
        yield


@contextmanager
def _memory_lock(database: Database) -> Iterator[None]:
    if not database.memory_lock.acquire(blocking=False):
        raise AlreadyRunningError(database.name)
    try:
        yield
    finally:
        database.memory_lock.release()


@contextmanager
def _file_lock(database: Database, path: Path) -> Iterator[None]:
    from filelock import FileLock, Timeout  # 11 ms that only a run may cost

    lock_path = lock_file_of(path)
    refuse_unusable_lock(lock_path, database.name)
    lock = FileLock(lock_path, timeout=0, mode=FILE_MODE, thread_local=False)
    with translated_failures(database.location):
        database.create_file()
        try:
            with suppress(Timeout):
                lock.acquire()
            if not lock.is_locked:
                is_looked_at = refuses_sharing(lock_path) is False
                lock.acquire(_LONGEST_LOOK if is_looked_at else 0, poll_interval=0.02)
        except Timeout:
            raise AlreadyRunningError(str(lock_path)) from None
    database.run_lock_file = (lock_path, file_identity(lock_path))
    try:
        yield
    finally:
        database.run_lock_file = None
        lock.release()


@contextmanager
def _session_lock(database: Database) -> Iterator[None]:
    with translated_failures(database.location):
        session = database.open_session()
        driver: Any = session.connection.dbapi_connection
    try:
        with translated_failures(database.location):
            got_it = session.exec_driver_sql(_TRY_LOCK).scalar_one()
        if not got_it:
            raise AlreadyRunningError(database.name)
        database.run_session = driver.info.backend_pid
        try:
            yield
        finally:
            database.run_session = None
    finally:
        # Closing alone would free the lock only when the server notices; a session that
        # broke has freed it already.
        try:
            with suppress(SQLAlchemyError, OSError):
                session.exec_driver_sql("SELECT pg_advisory_unlock_all()")
        finally:
            session.close()
            driver.close()  # which SQLAlchemy forgets when a signal interrupts a statement
