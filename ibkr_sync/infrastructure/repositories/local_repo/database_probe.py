"""Whether the database could serve a run, found out by reading alone."""

from __future__ import annotations

import dataclasses
import os
import stat
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from ibkr_sync.domain.errors import DatabaseUnavailableError, StorageError
from ibkr_sync.domain.runs.diagnosis.database import DatabaseFacts, LockFacts
from ibkr_sync.infrastructure.deadlines import within
from ibkr_sync.infrastructure.repositories.local_repo.database.engine import Database
from ibkr_sync.infrastructure.repositories.local_repo.database.integrity import check_integrity
from ibkr_sync.infrastructure.repositories.local_repo.database.lock_holder import find_lock_holder
from ibkr_sync.infrastructure.repositories.local_repo.database.permissions import refuse_forbidden
from ibkr_sync.infrastructure.repositories.local_repo.raw_replies import LocalRawReplies
from ibkr_sync.infrastructure.repositories.local_repo.runs.local_runs import LocalRuns
from ibkr_sync.infrastructure.repositories.local_repo.schema.completeness import (
    refuse_incomplete_schema,
)
from ibkr_sync.infrastructure.repositories.local_repo.schema.revision import (
    read_revision,
    refuse_older_revision,
)

_MOST_SECONDS = 4.0
_LONGEST_WAIT = timedelta(seconds=2)


class DatabaseProbe:
    """Finds out about a database, and who works on it; done within some eight seconds.

    What takes too long is left behind in a thread of its own, so every look opens the database
    anew, by `open_database`.
    """

    def __init__(
        self, open_database: Callable[[], Database], clock: Callable[[], datetime]
    ) -> None:
        self._open = open_database
        self._clock = clock

    def facts(self) -> DatabaseFacts:
        """What the database holds; nothing that goes wrong is raised.

        Only the schema that this version needs is looked into.
        """
        database = self._open()
        name, path = database.name, _file_of(database)
        try:
            facts = within(_MOST_SECONDS, self._contents)
            is_sound = self._is_sound()
        except TimeoutError:
            late = DatabaseUnavailableError(name, f"no answer within {_MOST_SECONDS:g} s")
            facts, is_sound = DatabaseFacts(name=name, error=late), None
        except StorageError as error:
            facts, is_sound = DatabaseFacts(name=name, error=error), None
        if path is None:
            return dataclasses.replace(facts, is_sound=is_sound)
        mode = stat.S_IMODE(path.stat().st_mode)
        return dataclasses.replace(facts, is_sound=is_sound, path=str(path), mode=mode)

    def lock(self) -> LockFacts:
        """Who holds the run lock, as far as can be found out."""
        try:
            return within(_MOST_SECONDS, self._lock)
        except TimeoutError:
            return LockFacts(is_held=None)
        except StorageError as error:
            return LockFacts(is_held=None, error=error)

    def _contents(self) -> DatabaseFacts:
        with self._open() as database:
            # Less than there is time for, so that who is waited for is named.
            database.busy_timeout = _LONGEST_WAIT
            status = read_revision(database)
            refuse_older_revision(status, database)
            if database.path is not None:
                refuse_forbidden(database.path, database.name)
            if status.is_empty:
                return DatabaseFacts(name=database.name)
            refuse_incomplete_schema(database)
            database.refuse_other_writers()
            replies = LocalRawReplies(database, self._clock)
            usage = replies.usage()
            last = LocalRuns(database).last_runs(1)
            return DatabaseFacts(
                name=database.name,
                revision=status.current,
                size=replies.database_size(),
                reply_count=usage.replies,
                reply_size=usage.size,
                oldest_reply=usage.oldest,
                last_run=last[0] if last else None,
            )

    def _is_sound(self) -> bool | None:
        """Whether no damage was found; None where the file is too large for the time there is."""
        try:
            within(_MOST_SECONDS, self._read_whole)
        except TimeoutError:
            return None
        return True

    def _read_whole(self) -> None:
        with self._open() as database:
            check_integrity(database)

    def _lock(self) -> LockFacts:
        with self._open() as database:
            return find_lock_holder(database)


def _file_of(database: Database) -> Path | None:
    """The SQLite file whose permissions count; None where there is none, or the system has none."""
    path = database.path
    return path if os.name == "posix" and path is not None and path.is_file() else None
