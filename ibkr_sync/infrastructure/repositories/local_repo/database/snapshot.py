"""One state of the database for everything that an answer reads."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import Any, TypeVar

from sqlalchemy.engine import Connection

T = TypeVar("T")

_LOADED = "ibkr_sync_loaded"


class Snapshot:
    """A read transaction that begins with the first read of an answer and ends with the answer.

    What was loaded in it stays true until it ends, and is loaded once (see `loaded_in`).
    """

    def __init__(self, begin: Callable[[], AbstractContextManager[Connection]]) -> None:
        self._begin = begin
        self._open = ExitStack()
        self._connection: Connection | None = None

    def connection(self) -> Connection:
        """The connection of the transaction, which begins with the first call."""
        if self._connection is None:
            connection = self._open.enter_context(self._begin())
            self._connection = connection.execution_options(**{_LOADED: {}})
        return self._connection

    def end(self) -> None:
        """End the transaction; the next read begins another one."""
        self._connection = None
        self._open.close()


def loaded_in(connection: Connection, kind: type[T]) -> dict[Any, T]:
    """What was loaded in the snapshot of a connection, by what finds it; new outside of one."""
    loaded: dict[object, dict[Any, T]] = connection.get_execution_options().get(_LOADED, {})
    return loaded.setdefault(kind, {})


def read_once(connection: Connection, read: Callable[[Connection], T]) -> T:
    """What a function reads, which it does once in the snapshot of a connection."""
    known: dict[object, Any] = connection.get_execution_options().get(_LOADED, {})
    if read not in known:
        known[read] = read(connection)
    found: T = known[read]
    return found
