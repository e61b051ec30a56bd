"""Many rows of one table in one statement, each column converted at once.

Left to SQLAlchemy, every row is a mapping that is copied value by value, which took half of what
storing a chain takes (`python -m benchmarks persistence`). Its statement and our column kinds are
the same here; the values go to the driver as it names them: by place in SQLite, by name in
PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Table, insert
from sqlalchemy.engine import Connection, Dialect

_REMEMBERED = 64
"""For so many tables and engines a statement is kept; a process has one engine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    """Where a column's value stands in a given row, and what the driver takes for it."""

    name: str
    position: int
    converted: Callable[[Any], Any] | None


def insert_rows(
    connection: Connection, table: Table, names: tuple[str, ...], rows: Iterable[Sequence[Any]]
) -> None:
    """Insert rows, which hold the values of the named columns in that order.

    Raises ValueError for what a column kind refuses.
    """
    given = tuple(zip(*rows, strict=True))
    if not given:
        return
    statement, columns = _insert(table, names, connection.dialect)
    values = [
        given[each.position]
        if each.converted is None
        else map(each.converted, given[each.position])
        for each in columns
    ]
    parameters: list[Any] = list(zip(*values, strict=True))
    if not connection.dialect.positional:
        named = tuple(each.name for each in columns)
        parameters = [dict(zip(named, row, strict=True)) for row in parameters]
    connection.exec_driver_sql(statement, parameters)


@lru_cache(_REMEMBERED)
def _insert(
    table: Table, names: tuple[str, ...], dialect: Dialect
) -> tuple[str, tuple[_Column, ...]]:
    """The statement, and its columns in the order in which it names them."""
    statement = insert(table).inline().compile(dialect=dialect, column_keys=names)
    columns = (
        _Column(
            name=column.name,
            position=names.index(column.name),
            converted=column.type.dialect_impl(dialect).bind_processor(dialect),
        )
        for column in table.c
        if column.name in names
    )
    return str(statement), tuple(columns)
