"""Reading whole tables in bounded memory, with a checksum that is the same in either database.

It is SHA-256 over the rows in the order of the primary key, each a JSON list of its values as
SQLite stores them (bytes in hexadecimal), ended by a line feed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Column, LargeBinary, Row, String, Table, collate, func, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Connection

from ibkr_sync.domain.databases.table_contents import TableContents
from ibkr_sync.domain.errors import StorageError
from ibkr_sync.infrastructure.repositories.local_repo.schema.tables import metadata

_ROWS_AT_ONCE = 1000
_BINARY_ROWS_AT_ONCE = 20
"""A raw reply may take a megabyte."""

_CANONICAL = sqlite.dialect()

Progress = Callable[[int, int], object]
"""Is called with the rows that are done, and those that there are to do."""


class RowCounter:
    """Counts the rows that were done of so many, and says so."""

    def __init__(self, total: int, on_progress: Progress) -> None:
        self._total = total
        self._on_progress = on_progress
        self._done = 0

    def add(self, rows: int) -> None:
        """Some more rows are done."""
        self._done += rows
        self._on_progress(self._done, self._total)


class TableDigest:
    """Takes in the rows of a table, a batch at a time, and sums them up."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._converted = [_canonical(column) for column in table.c]
        self._hash = hashlib.sha256()
        self._rows = 0

    def add(self, rows: Sequence[Row[Any]]) -> None:
        """Take in rows of all columns, which follow those before in the order of their key."""
        columns = [
            values if convert is None else map(convert, values)
            for convert, values in zip(self._converted, zip(*rows, strict=True), strict=True)
        ]
        for values in zip(*columns, strict=True):
            line = json.dumps(values, separators=(",", ":"), default=bytes.hex)
            self._hash.update(line.encode("ascii") + b"\n")
        self._rows += len(rows)

    def contents(self) -> TableContents:
        """What the rows so far come to."""
        return TableContents(table=self._table.name, rows=self._rows, sha256=self._hash.hexdigest())


def read_contents(connection: Connection, counter: RowCounter) -> tuple[TableContents, ...]:
    """Give what each table holds, by the transaction of a connection; see `readable_values`."""
    contents = []
    for table in metadata.sorted_tables:
        digest = TableDigest(table)
        for rows in row_batches(connection, table):
            digest.add(rows)
            counter.add(len(rows))
        contents.append(digest.contents())
    return tuple(contents)


def row_batches(connection: Connection, table: Table) -> Iterator[Sequence[Row[Any]]]:
    """Read all rows in the order of the primary key, a batch at a time; see `readable_values`."""
    is_binary = any(isinstance(column.type, LargeBinary) for column in table.c)
    key = (_sorted_by_bytes(column, connection) for column in table.primary_key)
    size = _BINARY_ROWS_AT_ONCE if is_binary else _ROWS_AT_ONCE
    statement = select(table).order_by(*key).execution_options(yield_per=size)
    yield from connection.execute(statement).partitions()


def count_rows(connection: Connection) -> int:
    """Count the rows of all tables."""
    counts = (select(func.count()).select_from(table) for table in metadata.sorted_tables)
    return sum(connection.execute(count).scalar_one() for count in counts)


@contextmanager
def readable_values(name: str) -> Iterator[None]:
    """Raise StorageError, of the database of this name, for a value that no column kind accepts."""
    try:
        yield
    except (ValueError, TypeError) as error:
        raise StorageError(name, f"it holds a value that can't be read: {error}") from error


def _canonical(column: Column[Any]) -> Callable[[Any], Any] | None:
    return column.type.dialect_impl(_CANONICAL).bind_processor(_CANONICAL)


def _sorted_by_bytes(column: Column[Any], connection: Connection) -> Any:  # noqa: ANN401 - a column, or one with a collation
    """A server sorts text by its language otherwise."""
    is_alike = connection.dialect.name == "sqlite" or not isinstance(column.type, String)
    return column if is_alike else collate(column, "C")
